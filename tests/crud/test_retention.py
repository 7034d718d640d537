"""What is old enough goes, a part at a time; what is not over stays, and so do all counts."""

from datetime import timedelta

import pytest

from appliance.crud import deliveries, retention
from appliance.crud.broadcasts import broadcasts, events
from appliance.models import (
    Broadcast,
    BroadcastEvent,
    BroadcastStatus,
    Delivery,
    DeliveryState,
    Message,
    Update,
    utcnow,
)
from support.people import add_chats

NOW = utcnow()
OLD, NEW = NOW - timedelta(days=500), NOW - timedelta(days=300)
BEFORE = NOW - timedelta(days=400)


@pytest.fixture
def filled(store):
    """Old and new of everything; returns the broadcasts' ids by their names."""
    with store.writing() as session:
        add_chats(session, 1, 2, 3)
        rows = {
            name: Broadcast(text="x", audience={}, status=status, finished_at=at, sent=3, total=3)
            for name, status, at in (
                ("old", BroadcastStatus.DONE, OLD),
                ("cancelled", BroadcastStatus.CANCELLED, OLD),
                ("new", BroadcastStatus.DONE, NEW),
                ("paused", BroadcastStatus.PAUSED, None),
                ("halted", BroadcastStatus.HALTED, None),
            )
        }
        session.add_all(rows.values())
        session.flush()
        for row in rows.values():
            events.add(session, row.id, "cli:root", "create", now=row.finished_at or OLD)
            for chat_id in (1, 2, 3):
                session.add(
                    Delivery(
                        broadcast_id=row.id,
                        chat_id=chat_id,
                        state=DeliveryState.SENT,
                        updated_at=int(OLD.timestamp()),
                    )
                )
        for number, (received, handled) in enumerate(((OLD, OLD), (OLD, None), (NEW, NEW)), 1):
            session.add(Update(id=number, payload={}, received_at=received, handled_at=handled))
        for at, state in ((OLD, None), (OLD, 2), (OLD, 3), (OLD, 0), (OLD, 1), (NEW, 2)):
            session.add(Message(chat_id=1, direction="out", state=state, created_at=at))
        session.flush()
        return {name: row.id for name, row in rows.items()}


def test_the_counts_are_of_what_goes(store, filled):
    with store.reading() as session:
        assert retention.count(session, BEFORE) == {
            "deliveries": 6,
            "events": 4,
            "updates": 1,
            "messages": 3,
        }
        assert sum(retention.count(session, OLD).values()) == 0


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_parts_delete_just_that(limit, store, filled):
    for delete_part in retention.PARTS.values():
        while True:
            with store.writing() as session:
                rows = delete_part(session, BEFORE, limit)
            assert rows <= limit
            if not rows:
                break

    with store.reading() as session:
        lines = {
            name: len(list(deliveries.iterate(session, number))) for name, number in filled.items()
        }
        assert lines == {"old": 0, "cancelled": 0, "new": 3, "paused": 3, "halted": 3}
        assert {broadcasts.get(session, number).sent for number in filled.values()} == {3}
        assert session.query(BroadcastEvent).count() == 1
        assert {row.id for row in session.query(Update)} == {2, 3}
        assert sorted(row.state for row in session.query(Message)) == [0, 1, 2]
        assert sum(retention.count(session, BEFORE).values()) == 0
