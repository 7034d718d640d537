"""Rows that are old enough to go: counted, and deleted a part at a time.

Broadcasts with their counts stay: what goes is the ledger's lines, the history's entries, updates
and messages that were dealt with.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, select, tuple_
from sqlalchemy.orm import Session

from appliance.models import (
    Broadcast,
    BroadcastEvent,
    BroadcastStatus,
    Delivery,
    DeliveryState,
    Message,
    Update,
)

_OVER = (BroadcastStatus.DONE, BroadcastStatus.CANCELLED)
_UNFINISHED = (DeliveryState.PENDING, DeliveryState.SENDING)

Part = Callable[[Session, datetime, int], int]
"""Deletes up to so many rows of before a time; returns how many."""


def count(session: Session, before: datetime) -> dict[str, int]:
    """How many rows of each kind would go."""
    counts = {"deliveries": select(func.count()).where(_lines(before))}
    counts |= {
        name: select(func.count()).select_from(table).where(where(before))
        for name, (table, where) in _TABLES.items()
    }
    return {name: session.scalar(query) or 0 for name, query in counts.items()}


def delete_lines(session: Session, before: datetime, limit: int) -> int:
    """Of the ledger of one broadcast that is over, oldest first."""
    broadcast_id = session.scalar(
        _old_broadcasts(before)
        .where(select(Delivery.chat_id).where(Delivery.broadcast_id == Broadcast.id).exists())
        .order_by(Broadcast.id)
        .limit(1)
    )
    if broadcast_id is None:
        return 0
    chats = select(Delivery.chat_id).where(Delivery.broadcast_id == broadcast_id).limit(limit)
    key = tuple_(Delivery.broadcast_id, Delivery.chat_id)
    part = [(broadcast_id, chat_id) for chat_id in session.scalars(chats)]
    return _deleted(session, Delivery, key.in_(part))


def _old_broadcasts(before: datetime) -> Select[int]:
    return select(Broadcast.id).where(Broadcast.status.in_(_OVER), Broadcast.finished_at < before)


def _lines(before: datetime) -> ColumnElement[bool]:
    return Delivery.broadcast_id.in_(_old_broadcasts(before))


def _old_events(before: datetime) -> ColumnElement[bool]:
    return BroadcastEvent.at < before


def _old_updates(before: datetime) -> ColumnElement[bool]:
    return Update.handled_at < before


def _old_messages(before: datetime) -> ColumnElement[bool]:
    """Received or dealt with; what waits is younger than any retention or waits for a person."""
    return (Message.created_at < before) & (
        Message.state.is_(None) | Message.state.not_in(_UNFINISHED)
    )


_TABLES: dict[str, tuple[type, Callable[[datetime], ColumnElement[bool]]]] = {
    "events": (BroadcastEvent, _old_events),
    "updates": (Update, _old_updates),
    "messages": (Message, _old_messages),
}


def _part_of(name: str) -> Part:
    table, where = _TABLES[name]
    (key,) = table.__mapper__.primary_key  # type: ignore[attr-defined]

    def delete_part(session: Session, before: datetime, limit: int) -> int:
        old = select(key).where(where(before)).order_by(key).limit(limit)
        # Waits for nobody, as on PostgreSQL nobody who waits for it can be waited for.
        keys = session.scalars(old.with_for_update(skip_locked=True)).all()
        return _deleted(session, table, key.in_(keys)) if keys else 0

    return delete_part


PARTS: dict[str, Part] = {
    "deliveries": delete_lines,
    **{name: _part_of(name) for name in _TABLES},
}


def _deleted(session: Session, table: type, where: ColumnElement[bool]) -> int:
    statement = delete(table).where(where).execution_options(synchronize_session=False)
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]
