"""The first few decide about the rest."""

from datetime import timedelta

import pytest

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts, events
from appliance.crud.chats import chats
from appliance.delivery import canary
from appliance.delivery.jobs import Moment
from appliance.errors import Localized
from appliance.models import ChatStatus
from appliance.services import broadcasts as service
from appliance.services.broadcasts import NewBroadcast, changes


@pytest.fixture
def queue_canary(database):
    def queue(size, limit=0.2, wait=0):
        new = NewBroadcast("hello", to=("all",))
        with database.writing() as session:
            broadcast, _ = service.create(session, new)
            broadcast.canary, broadcast.canary_limit, broadcast.canary_wait = size, limit, wait
            return broadcast.id

    return queue


def actions(database, number):
    with database.reading() as session:
        return [event.action for event in events.list_for(session, number)]


def test_when_all_is_well_the_rest_follows(people, queue_canary, run_until, shown, database):
    people(30)
    number = queue_canary(5)

    run_until(lambda: shown(number).status == "done")

    assert shown(number).sent == 30
    assert actions(database, number) == ["canary_passed"]


def test_failures_stop_it_before_the_rest(people, queue_canary, run_until, shown, ask):
    ids = people(30)
    for person in ids[:2]:
        ask(f"people/{person}/block", {"silent": True})
    number = queue_canary(5)

    run_until(lambda: shown(number).status == "halted")

    assert (shown(number).sent, shown(number).failed, shown(number).pending) == (3, 2, 25)
    assert Localized.load(shown(number).note) == "canary: 2 of 5 failed or blocked the bot"


def test_blocks_while_it_waits_count(people, queue_canary, run_until, shown, database):
    ids = people(12)
    number = queue_canary(4, wait=1)
    run_until(lambda: shown(number).sent == 4)
    with database.writing() as session:
        for person in ids[:2]:
            chats.set_status(session, person, ChatStatus.BLOCKED)

    run_until(lambda: shown(number).status == "halted")

    assert shown(number).sent == 4
    assert actions(database, number) == ["canary_failed"]


def test_the_first_ones_are_looked_through_by_parts_and_nobody_else(
    people, queue_canary, run_until, shown, database, monkeypatch
):
    """A walk of a ledger of a million in one transaction keeps every other writer waiting."""
    parts = []
    count_left = deliveries.count_left

    def counted(*args):
        parts.append(count_left(*args))
        return parts[-1]

    monkeypatch.setattr(deliveries, "count_left", counted)
    monkeypatch.setattr(canary, "ROWS_PER_LOOK", 2)
    ids = people(20)
    number = queue_canary(5, wait=1)
    run_until(lambda: shown(number).sent == 5)
    with database.writing() as session:
        for person in (ids[0], ids[4]):
            chats.set_status(session, person, ChatStatus.BLOCKED)

    run_until(lambda: shown(number).status == "halted")

    assert Localized.load(shown(number).note) == "canary: 2 of 5 failed or blocked the bot"
    assert [(part.sent, part.left) for part in parts] == [(2, 1), (2, 0), (1, 1)]


def test_whoever_resumes_decides_for_the_rest(
    people, queue_canary, run_until, shown, ask, database
):
    ids = people(10)
    ask(f"people/{ids[0]}/block", {"silent": True})
    number = queue_canary(2)
    run_until(lambda: shown(number).status == "halted")
    changes.resume(database.writing, number, "test")

    run_until(lambda: shown(number).status == "done")

    assert (shown(number).sent, shown(number).failed) == (9, 1)


def test_a_canary_over_everybody_just_ends(people, queue_canary, run_until, shown):
    people(3)
    number = queue_canary(50)

    run_until(lambda: shown(number).status == "done")

    assert shown(number).sent == 3


def test_it_is_remembered_over_a_restart(people, queue_canary, run_until, shown, database):
    people(10)
    number = queue_canary(3, wait=3600)
    run_until(lambda: shown(number).canary_at)

    with database.reading() as session:
        again = broadcasts.get(session, number)
    assert again.canary_passed is False
    assert (again.sent, again.pending) == (3, 7)


def test_a_clock_that_is_put_back_makes_nobody_wait_longer(
    people, queue_canary, run_until, shown, database
):
    people(10)
    number = queue_canary(3, wait=3600)
    run_until(lambda: shown(number).canary_at)
    began = shown(number).canary_at
    with database.writing() as session:
        judged = canary.Canary(broadcasts.get(session, number))
        judged.judge(session, Moment(began.timestamp(), 0.0))
        earlier = began - timedelta(hours=10)
        assert judged.due(Moment(earlier.timestamp(), 1.0))
        assert not judged.judge(session, Moment(earlier.timestamp(), 1.0))
    assert shown(number).canary_at == earlier
    assert not judged.due(Moment(earlier.timestamp() + 3599, 2.0))
    assert judged.due(Moment(earlier.timestamp() + 3600, 3.0))
