"""The inbox of updates: stored before Telegram is told that they arrived, handled in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from appliance.models import Update


@dataclass(frozen=True, slots=True)
class NewUpdate:
    """An update as it came; `id` is Telegram's, `chat_id` the chat it is about, if any."""

    id: int
    chat_id: int | None
    payload: dict[str, Any]


def store(session: Session, news: Sequence[NewUpdate], now: datetime) -> int:
    """Keep updates in the order given, pass over known ids. Returns how many were new."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = (
        dialect.insert(Update)
        .on_conflict_do_nothing(index_elements=[Update.id])
        .execution_options(preserve_rowcount=True)  # else PostgreSQL's is lost to RETURNING
    )
    fresh = 0
    for new in news:  # one by one: `seq` must follow the order, and a batch has at most 100
        row = insert.values(id=new.id, chat_id=new.chat_id, payload=new.payload, received_at=now)
        fresh += session.execute(row).rowcount  # type: ignore[attr-defined]
    return fresh


def next_waiting(session: Session) -> int | None:
    """The `seq` of the oldest update that is not handled."""
    return session.scalar(
        select(Update.seq).where(Update.handled_at.is_(None)).order_by(Update.seq).limit(1)
    )


def claim(session: Session, seq: int, now: datetime) -> Update | None:
    """Mark an update handled, in the transaction that handles it.

    None when it is handled already; another handler's claim is waited for.
    """
    result = session.execute(
        update(Update)
        .where(Update.seq == seq, Update.handled_at.is_(None))
        .values(handled_at=now)
        .execution_options(synchronize_session=False)
    )
    return session.get(Update, seq) if result.rowcount else None  # type: ignore[attr-defined]


def count_waiting(session: Session) -> int:
    waiting = select(func.count(Update.seq)).where(Update.handled_at.is_(None))
    return session.scalar(waiting) or 0


def forget_handled(session: Session, before: datetime) -> int:
    """Delete what was handled before a time. Returns how many.

    Keep at least two days: Telegram repeats what was not confirmed for 24 hours, and only a stored
    id tells that it is a repetition.
    """
    old = delete(Update).where(Update.handled_at < before)
    result = session.execute(old.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
