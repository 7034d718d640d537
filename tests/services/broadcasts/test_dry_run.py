"""A dry run: how many, how long, what it costs, who came and went since the last time."""

from dataclasses import replace

import pytest

from appliance.config import Settings
from appliance.crud import deliveries
from appliance.crud.broadcasts import audience, broadcasts
from appliance.crud.chats import chats
from appliance.crud.deliveries import DeliveryOutcome
from appliance.database import Database
from appliance.delivery.freezer import freeze
from appliance.delivery.jobs import Moment
from appliance.errors import Invalid, NotFound
from appliance.models import ChatStatus, DeliveryState
from appliance.services.broadcasts import (
    NewBroadcast,
    as_document,
    audience_of,
    create,
    dry_run,
    preview,
)
from appliance.services.timing import pace
from support.people import add_chats, add_user

HELLO = NewBroadcast("hello", to=("all",))


@pytest.fixture
def people(database):
    with database.writing() as session:
        for chat_id in range(1, 5):
            chats.remember(session, chat_id, language="ru" if chat_id > 2 else "en")


def send(database: Database, new: NewBroadcast) -> int:
    with database.writing() as session:
        made, _ = create(session, new)
        chosen = audience_of(made)
        count, last = audience.freeze(session, made.id, chosen, None, 100, 1_800_000_000)
        broadcasts.add_frozen(session, made.id, count, last, made.created_at)
        return made.id


def make(database: Database, settings: Settings, new: NewBroadcast = HELLO) -> dry_run.Plan:
    with database.reading() as session:
        return dry_run.make(session, settings, new)


def test_how_many_and_how_long(database, settings, people):
    slow = replace(settings, send_rate=2.0)
    made = make(database, slow)
    assert (made.count, made.rate, made.stars) == (4, 2.0, 0.0)
    assert made.seconds == pace.seconds_for(4, 2.0)
    assert (made.last_id, made.joined, made.left) == (None, None, None)


def test_a_preview_and_a_dry_run_say_the_same_time(database, settings, people):
    slow = replace(settings, send_rate=0.01)
    with database.reading() as session:
        shown = preview(session, slow, HELLO)
    assert shown.seconds == make(database, slow).seconds == 408.2


def test_nothing_is_queued(database, settings, people):
    make(database, settings)
    with database.reading() as session:
        assert broadcasts.list_page(session, 10) == []


def test_who_joined_and_who_left(database, settings, people):
    number = send(database, HELLO)
    assert make(database, settings).last_id == number
    with database.writing() as session:
        add_chats(session, 8, 9)
        chats.set_status(session, 1, ChatStatus.BLOCKED)
    made = make(database, settings)
    assert (made.count, made.last_id, made.joined, made.left) == (5, number, 2, 1)


def test_members_out_of_reach_did_not_leave(database, settings, people):
    """Their lines are in the ledger from its freezing on: to them it was never sent."""
    with database.writing() as session:
        for chat_id in (8, 9):
            add_user(session, f"P{chat_id}", chat_id=chat_id)
            chats.set_status(session, chat_id, ChatStatus.BLOCKED)
        made, _ = create(session, HELLO)
        assert freeze(session, made, Moment(1_800_000_000.5, 0.0))
        document = as_document(broadcasts.get_fresh(session, made.id))
    assert (document["total"], document["recipients"], document["out_of_reach"]) == (6, 4, 2)
    assert make(database, settings).count == 4
    assert changed(database, settings) == (0, 0)

    with database.writing() as session:
        chats.set_status(session, 8, ChatStatus.ACTIVE)
        chats.set_status(session, 1, ChatStatus.BLOCKED)
        away = DeliveryOutcome(1, DeliveryState.SKIPPED, "chat_blocked", counts=False)
        deliveries.record(session, made.id, [away], 1_800_000_003, DeliveryState.PENDING)
    assert changed(database, settings) == (1, 1)


def changed(database: Database, settings: Settings) -> tuple[int | None, int | None]:
    made = make(database, settings)
    return made.joined, made.left


def test_the_last_one_to_the_same_audience(database, settings, people):
    first = send(database, HELLO)
    send(database, replace(HELLO, to=("lang:ru",)))
    assert make(database, settings).last_id == first
    again = send(database, HELLO)
    assert make(database, settings).last_id == again
    assert make(database, settings, replace(HELLO, exclude=("lang:ru",))).last_id is None


def test_one_that_waits_is_not_the_last(database, settings, people):
    with database.writing() as session:
        create(session, HELLO)
    assert make(database, settings).last_id is None


def test_an_empty_audience_is_an_answer(database, settings):
    assert make(database, settings).count == 0


def test_what_it_costs(database, settings, people):
    paid = replace(settings, bot_mode="polling", send_rate=300.0, paid_broadcast=True)
    made = make(database, paid)
    assert made.rate == 300.0
    assert made.stars == round(4 * 0.9 * 0.1, 1)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"text": ""}, Invalid),
        ({"to": ("user:99",)}, NotFound),
        ({"canary": 0}, Invalid),
    ],
)
def test_it_is_refused_as_sending_would_be(database, settings, people, change, error):
    with pytest.raises(error):
        make(database, settings, replace(HELLO, **change))
