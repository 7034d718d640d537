"""Lists of chats: what is new is added, what is missing is filled in, what is known stays."""

from datetime import timedelta

import pytest

from appliance.crud.chats import chat_import, chats, topics
from appliance.crud.chats.chat_import import Entry, Known, Taken
from appliance.models import BroadcastStatus, Delivery, DeliveryState, Subscription, utcnow

NOW = utcnow()
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def take_in(store):
    def take_in(*entries, now=NOW):
        with store.writing() as session:
            return chat_import.take_in(session, entries, now)

    return take_in


@pytest.fixture
def news(store):
    with store.writing() as session:
        return topics.add(session, "news", "News").id


@pytest.fixture
def everything(store):
    def everything(page=1000):
        with store.reading() as session:
            return list(chat_import.iterate(session, page))

    return everything


def entry(chat_id, topics=None, status="active", **values):
    return Entry(chat_id, "private" if chat_id > 0 else "group", status, values, topics or {})


def test_new_chats(store, take_in, news):
    added = take_in(
        entry(2**51, {news: True}, first_name="Ann", language="ru", timezone="Europe/Moscow"),
        entry(-5, title="Choir", status="left"),
    )
    assert added == Taken(2, 0)
    with store.reading() as session:
        ann, choir = chats.find(session, 2**51), chats.find(session, -5)
        assert (ann.type, ann.status, ann.name, ann.language) == ("private", "active", "Ann", "ru")
        assert (ann.timezone, ann.created_at, ann.updated_at) == ("Europe/Moscow", NOW, NOW)
        assert (choir.type, choir.status, choir.name) == ("group", "left", "Choir")
        assert topics.choices(session, 2**51) == {news: True}


def test_what_is_known_stays(store, take_in, know, enrol, news):
    ann = enrol("ann")
    know(1, status="stopped", user_id=ann, first_name="Ann", language="en")
    know(2)
    with store.writing() as session:
        topics.choose(session, news, 1, False, now=NOW)
    one = entry(1, {news: True}, first_name="Eve", last_name="Berg", language="ru", username="ann")
    assert take_in(one, entry(2, first_name="X"), now=LATER) == Taken(0, 1)
    with store.reading() as session:
        chat = chats.find(session, 1)
        assert (chat.status, chat.user_id, chat.type) == ("stopped", ann, "private")
        assert (chat.first_name, chat.last_name, chat.username) == ("Ann", "Berg", "ann")
        assert (chat.language, chat.updated_at) == ("en", LATER)
        assert topics.choices(session, 1) == {news: False}
        assert chats.find(session, 2).first_name == "P2"


def test_a_list_of_who_opted_out_counts_for_what_waits(store, take_in, know, news, announce):
    know(1, 2)
    words = {"to": ["topic:news"], "not": []}
    number = announce(audience=words, status=BroadcastStatus.PAUSED, total=2, pending=2)
    with store.writing() as session:
        for chat_id in (1, 2):
            session.add(Delivery(broadcast_id=number, chat_id=chat_id, updated_at=0))
    take_in(entry(1, {news: False}), entry(2, {news: True}))
    with store.reading() as session:
        states = [session.get(Delivery, (number, chat_id)).state for chat_id in (1, 2)]
    assert states == [DeliveryState.SKIPPED, DeliveryState.PENDING]


def test_a_choice_alone_is_something_learned(store, take_in, know, news):
    know(1)
    assert take_in(entry(1, {news: False}), entry(2, {news: True})) == Taken(1, 1)
    with store.reading() as session:
        row = session.get(Subscription, (news, 1))
        assert (row.subscribed, row.broadcast_id, row.updated_at) == (False, None, NOW)


def test_the_same_again_changes_nothing(take_in, news, everything):
    batch = [entry(n, {news: n % 2 == 0}, first_name=f"P{n}") for n in range(1, 50)]
    assert take_in(*batch) == Taken(49, 0)
    before = everything()
    assert take_in(*batch, now=LATER) == Taken(0, 0)
    assert everything() == before


def test_nobody(take_in):
    assert take_in() == Taken(0, 0)


@pytest.mark.parametrize("page", [1, 2, 3, 1000])
def test_everybody_is_walked_through(store, take_in, news, everything, page):
    with store.writing() as session:
        choir = topics.add(session, "choir", "Choir").id
    take_in(entry(7, {news: False, choir: True}, first_name="Ann"), entry(-5), entry(9))
    nothing = dict.fromkeys(chat_import.FILLED)
    assert everything(page) == [
        Known(-5, "group", "active", nothing, {}),
        Known(
            7, "private", "active", {**nothing, "first_name": "Ann"}, {"choir": True, "news": False}
        ),
        Known(9, "private", "active", nothing, {}),
    ]
