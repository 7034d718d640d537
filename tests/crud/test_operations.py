"""Edits and recalls: what they still have to change, and how far they have come."""

import pytest

from appliance.crud import audience, broadcasts, chats, deliveries, operations
from appliance.crud.audience import Audience, Term
from appliance.crud.deliveries import DeliveryOutcome
from appliance.errors import NotFound
from appliance.models import Broadcast, BroadcastStatus, DeliveryState, Operation, utcnow

NOW = 1_790_000_000


@pytest.fixture
def number(store):
    """A broadcast: 1 to 3 sent, 4 sent without a known message, 5 being sent, 6 failed."""
    with store.writing() as session:
        for chat_id in range(1, 7):
            chats.remember(session, chat_id)
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
        assert operations.delivered(session, number) == (3, NOW)
        assert operations.peek_delivered(session, number, None, 2) == [(1, 11, NOW), (2, 12, NOW)]
        assert operations.peek_delivered(session, number, 2, 9) == [(3, 13, NOW)]
        assert operations.peek_delivered(session, number, None, 9, until=NOW - 1) == []


def test_what_was_in_flight_is_looked_at_again(store, number):
    with store.reading() as session:
        assert operations.find_delivered(session, number, [3, 5]) == ([(3, 13, NOW)], True)
        assert operations.find_delivered(session, number, [6]) == ([], False)


def test_nothing_delivered(store):
    with store.reading() as session:
        assert operations.delivered(session, 4711) == (0, 0)


def test_it_comes_forward(store, operation):
    for _ in range(2):
        with store.writing() as session:
            row = operations.find(session, operation)
            operations.advance(session, row, 3, {9, 8}, {"done": 2, "too_old": 1}, {"blocked": 1})
    with store.reading() as session:
        row = operations.find(session, operation)
        assert (row.cursor, row.done, row.failed, row.too_old) == (3, 4, 0, 2)
        assert (row.late, row.total) == ([8, 9], 6)
        assert row.reasons == {"blocked": 2}


def test_it_ends(store, operation, number):
    with store.writing() as session:
        assert operations.list_running(session) == [operation]
        operations.finish(session, operations.find(session, operation), utcnow())
        assert operations.list_running(session) == []
        assert [row.status for row in operations.list_for(session, number)] == ["done"]


def test_states_change_only_from_the_allowed_ones(store, operation, number):
    running, paused = BroadcastStatus.RUNNING, BroadcastStatus.PAUSED
    with store.writing() as session:
        assert operations.change_status(session, number, (paused,), running) == 0
        assert operations.change_status(session, number, (running,), paused) == 1


def test_one_that_is_not_there(store):
    with store.reading() as session, pytest.raises(NotFound):
        operations.find(session, 4711)
