"""A ledger of five recipients, and what a test does to it; the counters are checked on the way."""

import pytest

from appliance.crud import deliveries
from appliance.crud.broadcasts import audience, broadcasts
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.models import DeliveryState

SENDING = DeliveryState.SENDING
ALL = Audience((Term("all"),))
NOW = 1_800_000_000


@pytest.fixture
def freeze(store):
    """`freeze(id)` writes the ledger of a broadcast to everybody, as the engine does."""

    def freeze(broadcast_id, chunk=1000):
        cursor = None
        while True:
            with store.writing() as session:
                written, cursor = audience.freeze(session, broadcast_id, ALL, cursor, chunk, NOW)
                broadcasts.add_frozen(session, broadcast_id, written, cursor, None)
            if cursor is None:
                return

    return freeze


@pytest.fixture
def ledger(know, announce, freeze):
    """A broadcast with five pending recipients, 1 to 5; its id."""
    know(1, 2, 3, 4, 5)
    broadcast_id = announce()
    freeze(broadcast_id)
    return broadcast_id


@pytest.fixture
def take(store, ledger):
    def take(*chat_ids):
        with store.writing() as session:
            return deliveries.take(session, ledger, chat_ids, NOW + 1)

    return take


@pytest.fixture
def record(store, ledger):
    def record(*outcomes, was=SENDING):
        with store.writing() as session:
            deliveries.record(session, ledger, outcomes, NOW + 2, was)

    return record


@pytest.fixture
def states(store):
    """`states(id)`: chats by state; fails where the counters do not equal the ledger."""

    def states(broadcast_id):
        with store.reading() as session:
            broadcast = broadcasts.get(session, broadcast_id)
            counted = deliveries.states_of(session, broadcast_id)
            rows = list(deliveries.iterate(session, broadcast_id, 2))
        assert {s: getattr(broadcast, s.word) for s in DeliveryState} == {
            s: counted.get(s, 0) for s in DeliveryState
        }
        assert broadcast.total == sum(counted.values()) == len(rows)
        reasons = [row.reason for row in rows if row.reason and row.state not in {"pending"}]
        assert broadcast.reasons == {reason: reasons.count(reason) for reason in reasons}
        found = {}
        for row in rows:
            found.setdefault(row.state, []).append(row.chat_id)
        return found

    return states
