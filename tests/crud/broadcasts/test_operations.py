"""Edits and recalls: what they still have to change, and how far they have come."""

from datetime import timedelta

import pytest

from appliance.crud import deliveries
from appliance.crud.broadcasts import audience, broadcasts, operations
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.crud.broadcasts.operations import Progress
from appliance.crud.deliveries import DeliveryOutcome
from appliance.errors import NotFound
from appliance.models import Broadcast, BroadcastStatus, DeliveryState, Operation, utcnow
from support.people import add_chats

NOW = 1_790_000_000


@pytest.fixture
def number(store):
    """A broadcast: 1 to 3 sent, 4 sent without a known message, 5 being sent, 6 failed."""
    with store.writing() as session:
        add_chats(session, *range(1, 7))
        made, _ = broadcasts.add(session, Broadcast(text="x", audience={"to": ["all"], "not": []}))
        audience.freeze(session, made.id, Audience((Term("all"),)), None, 100, NOW)
        deliveries.take(session, made.id, list(range(1, 7)), NOW)
        outcomes = [DeliveryOutcome(n, DeliveryState.SENT, message_id=10 + n) for n in (1, 2, 3)]
        outcomes += [
            DeliveryOutcome(4, DeliveryState.SENT),
            DeliveryOutcome(6, DeliveryState.FAILED),
        ]
        deliveries.record(session, made.id, outcomes, NOW)
        return made.id


@pytest.fixture
def operation(store, number):
    with store.writing() as session:
        new = Operation(broadcast_id=number, kind="edit", version=2, status=BroadcastStatus.RUNNING)
        return operations.add(session, new).id


def test_only_messages_with_an_id_can_be_changed(store, number):
    with store.reading() as session:
        assert operations.delivered(session, number) == 3
        assert operations.peek_delivered(session, number, None, 2) == [(1, 11, NOW), (2, 12, NOW)]
        assert operations.peek_delivered(session, number, 2, 9) == [(3, 13, NOW)]
        assert operations.peek_delivered(session, number, None, 9, until=NOW - 1) == []


def test_what_was_in_flight_is_looked_at_again(store, number):
    with store.reading() as session:
        assert operations.find_delivered(session, number, [3, 5]) == ([(3, 13, NOW)], True)
        assert operations.find_delivered(session, number, [6]) == ([], False)


def test_nothing_delivered(store):
    with store.reading() as session:
        assert operations.delivered(session, 4711) == 0


@pytest.fixture
def draft(store, number):
    with store.writing() as session:
        new = Operation(
            broadcast_id=number,
            kind="edit",
            version=2,
            status=BroadcastStatus.DRAFT,
            cursor=operations.UNSURVEYED,
        )
        return operations.add(session, new).id


def test_a_draft_is_found_when_it_is_old_or_from_the_future(store, draft):
    now, age = utcnow(), timedelta(seconds=30)
    with store.reading() as session:
        assert operations.list_running(session) == []
        for moment, found in ((now, []), (now + 2 * age, [draft]), (now - 2 * age, [draft])):
            assert operations.list_drafts(session, moment - age, moment) == found


def test_a_draft_begins_once(store, draft):
    with store.writing() as session:
        assert operations.begin(session, draft, [5], 4, utcnow())
        assert not operations.begin(session, draft, [], 0, utcnow())
        row = operations.find(session, draft)
        assert (row.status, row.cursor, row.late, row.total) == ("running", None, [5], 4)


def test_a_draft_that_was_paused_is_one_still(store, number, draft):
    def turn(*change):
        with store.writing() as session:
            operations.change_status(session, number, *change)
            return operations.find(session, draft).status

    running, paused = BroadcastStatus.RUNNING, BroadcastStatus.PAUSED
    assert turn([BroadcastStatus.DRAFT], paused) == "paused"
    assert turn([paused], running) == "draft"
    turn([BroadcastStatus.DRAFT], paused)
    with store.writing() as session:
        assert operations.begin(session, draft, [], 4, utcnow())
        assert operations.find(session, draft).status == "paused"
        assert operations.change_one(session, draft, [paused], running, utcnow())
        assert operations.find(session, draft).status == "running"


START, THERE = Progress(None, frozenset()), Progress(3, frozenset({9, 8}))


def test_it_comes_forward(store, operation):
    for was in (START, THERE):
        with store.writing() as session:
            counts = {"done": 2, "too_old": 1}
            assert operations.advance(session, operation, was, THERE, counts, {"blocked": 1})
    with store.reading() as session:
        row = operations.find(session, operation)
        assert (row.cursor, row.done, row.failed, row.too_old) == (3, 4, 0, 2)
        assert (row.late, row.total) == ([8, 9], 6)
        assert row.reasons == {"blocked": 2}


@pytest.mark.parametrize("was", [START, Progress(3, frozenset()), Progress(2, frozenset({8, 9}))])
def test_who_stands_elsewhere_does_not_move_it(store, operation, was):
    with store.writing() as session:
        assert operations.advance(session, operation, START, THERE, {"done": 3}, {})
        assert not operations.advance(session, operation, was, Progress(9, frozenset()), {}, {})
        row = operations.find(session, operation)
        assert (row.cursor, row.late, row.done) == (3, [8, 9], 3)


@pytest.mark.parametrize("status", [BroadcastStatus.PAUSED, BroadcastStatus.CANCELLED])
def test_one_that_does_not_run_neither_moves_nor_ends(store, operation, number, status):
    with store.writing() as session:
        operations.change_status(session, number, [BroadcastStatus.RUNNING], status)
        assert not operations.advance(session, operation, START, THERE, {"done": 1}, {})
        assert not operations.finish(session, operation, utcnow())
        row = operations.find(session, operation)
        assert (row.status, row.cursor, row.done) == (status, None, 0)


def test_it_ends(store, operation, number):
    with store.writing() as session:
        assert operations.list_running(session) == [operation]
        operations.find(session, operation).total = 7
        operations.advance(session, operation, START, THERE, {"done": 5, "failed": 1}, {})
        assert operations.finish(session, operation, utcnow())
        assert operations.list_running(session) == []
        (row,) = operations.list_for(session, number)
        assert (row.status, row.total) == ("done", 6), "one had no message that could be changed"


def test_states_change_only_from_the_allowed_ones(store, operation, number):
    running, paused = BroadcastStatus.RUNNING, BroadcastStatus.PAUSED
    with store.writing() as session:
        assert operations.change_status(session, number, (paused,), running) == 0
        assert operations.change_status(session, number, (running,), paused) == 1


def test_one_that_is_not_there(store):
    with store.reading() as session, pytest.raises(NotFound):
        operations.find(session, 4711)
