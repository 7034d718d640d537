"""The first few decide about the rest."""

from datetime import timedelta

import pytest

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts, events
from appliance.crud.chats import chats
from appliance.delivery import canary
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.jobs import Moment, Result
from appliance.delivery.retry_policy import again
from appliance.errors import Localized
from appliance.models import Broadcast, ChatStatus
from appliance.services.broadcasts import NewBroadcast, changes, create
from support.people import add_chats


@pytest.fixture
def queue_canary(database):
    def queue(size, limit=0.2, wait=0):
        new = NewBroadcast("hello", to=("all",))
        with database.writing() as session:
            broadcast, _ = create(session, new)
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


@pytest.mark.slow
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
    assert not judged.due(Moment(earlier.timestamp(), 1.0))
    assert not judged.due(Moment(earlier.timestamp() + 3599, 2.0))
    assert judged.due(Moment(earlier.timestamp() + 3600, 3.0))


# By hand, a transaction at a time

NOW = Moment(1_790_000_000.0, 1000.0)


def sent(job):
    return Result(job, Verdict(Kind.SENT, message_id=1))


@pytest.fixture
def hand(coordinator, database):
    """`hand(3, wait=60)`: a canary of three among ten that has been frozen, and its transactions:
    `turn(seconds, wanted=9)`, which hands in that those of the one before were sent, or what
    `outcome(job)` says.
    """

    def hand(size, wait, people=10, limit=0.2):
        with database.writing() as session:
            add_chats(session, *range(1, people + 1))
            new = NewBroadcast("hi", to=("all",), canary=size, canary_wait=wait, canary_limit=limit)
            create(session, new)
        held = []

        def turn(seconds, wanted=9, outcome=sent):
            now = Moment(NOW.wall + seconds, NOW.mono + seconds)
            results = [outcome(job) for job in held]
            held[:] = coordinator.settle(results, wanted, None, "", now)
            return [job.chat_id for job in held]

        assert turn(0, 0) == []
        return turn

    return hand


def test_the_rest_waits_until_the_first_have_had_their_time(hand, coordinator):
    turn = hand(3, wait=60)
    assert turn(0) == [1, 2, 3]
    assert turn(1) == []

    assert not coordinator.look(at(60.9)) or not coordinator.work
    assert turn(60.9) == []
    assert coordinator.look(at(61.1))
    assert coordinator.work
    turn(61.1)

    assert turn(61.2) == [4, 5, 6, 7, 8, 9, 10]


def test_who_is_put_back_makes_room_for_another(hand):
    turn = hand(3, wait=60)
    assert turn(0, wanted=1) == [1]

    later = NOW.mono + 50
    turn(1, wanted=0, outcome=lambda job: again(job, "chat_pause", later))
    assert turn(2) == [2, 3, 4]


def test_more_of_them_than_members_make_nobody_wait(hand, shown):
    turn = hand(5, wait=60, people=3)
    assert turn(0) == [1, 2, 3]
    turn(1)
    turn(2)

    assert shown(1).status == "done"


@pytest.mark.parametrize(
    ("sent", "room"), [(0, 3), (2, 1), (3, 0), (4, 0)], ids=["none", "two", "all", "more than all"]
)
def test_no_more_than_the_first_may_be_claimed(sent, room):
    begun = Broadcast(
        id=1, canary=3, canary_passed=False, sent=sent, failed=0, unknown=0, sending=0
    )

    assert canary.Canary(begun).room(9) == room


def at(seconds):
    return Moment(NOW.wall + seconds, NOW.mono + seconds)


def test_a_canary_over_everybody_has_its_time_too(hand, shown, database):
    """Whoever is told of its end is told the truth: it was judged."""
    turn = hand(3, wait=60, people=3)
    assert turn(0) == [1, 2, 3]
    turn(1)
    turn(2)
    assert (shown(1).status, shown(1).canary_passed) == ("running", False)

    turn(62)
    turn(63)

    assert (shown(1).status, shown(1).canary_passed) == ("done", True)
    assert actions(database, 1) == ["canary_passed"]


def test_the_ledger_is_walked_without_waiting_for_other_work(hand, coordinator, monkeypatch):
    monkeypatch.setattr(canary, "ROWS_PER_LOOK", 1)
    turn = hand(3, wait=0)
    turn(0)
    assert not coordinator.walking(at(0)), "none of them has an outcome yet"
    turn(1)
    assert coordinator.walking(at(1)), "two of three have yet to be looked at"
    turn(2)
    turn(3)

    assert not coordinator.walking(at(3))
    assert turn(4) == [4, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize(
    ("blocked", "limit", "halts"), [(1, 0.2, False), (2, 0.2, True), (1, 0.19, True)]
)
def test_over_the_limit_it_halts_and_at_it_not(blocked, limit, halts, hand, shown, database):
    turn = hand(5, wait=10, limit=limit)
    turn(0)
    turn(1)
    with database.writing() as session:
        for chat_id in range(1, blocked + 1):
            chats.set_status(session, chat_id, ChatStatus.BLOCKED)

    turn(12)

    assert (shown(1).status == "halted") is halts


@pytest.mark.parametrize(("limit", "halts"), [(0.6, False), (0.59, True)])
def test_failed_unknown_and_blocked_since_all_count(limit, halts, hand, shown, database):
    kinds = {1: Kind.UNKNOWN, 2: Kind.REFUSED}
    turn = hand(5, wait=10, limit=limit)
    turn(0)
    turn(1, outcome=lambda job: Result(job, Verdict(kinds.get(job.chat_id, Kind.SENT))))
    with database.writing() as session:
        chats.set_status(session, 3, ChatStatus.BLOCKED)

    turn(12)

    assert (shown(1).status == "halted") is halts
    with database.reading() as session:
        (judged,) = events.list_for(session, 1)
    assert judged.details == {"tried": 5, "failed": 2, "blocked_since": 1}
