"""Updates as they came: stored before Telegram is told that they arrived, handled in order."""

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


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored update that is not handled; `seq` is the order of arrival."""

    seq: int
    chat_id: int | None
    payload: dict[str, Any]


_WAITS = Update.handled_at.is_(None)
_WAITING = select(Update.seq, Update.chat_id, Update.payload).where(_WAITS).order_by(Update.seq)
_ANY_WAITING = select(Update.seq).where(_WAITS).limit(1)


def store(session: Session, new_updates: Sequence[NewUpdate], now: datetime) -> int:
    """Keep updates in the order given, skip known ids. Returns how many were new."""
    if not new_updates:
        return 0
    connection = session.connection()
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = (
        dialect.insert(Update)
        # Telegram repeats what was not confirmed, and a webhook's repetition may come beside the
        # first: by the unique id one of the two stores it (decision 17).
        .on_conflict_do_nothing(index_elements=[Update.id])
        .execution_options(preserve_rowcount=True)
    )
    rows = [
        {"id": new.id, "chat_id": new.chat_id, "payload": new.payload, "received_at": now}
        for new in new_updates
    ]
    return connection.execute(insert, rows).rowcount


def any_waiting(session: Session) -> bool:
    """Whether anything waits to be handled; a look into a partial index."""
    return session.connection().execute(_ANY_WAITING).first() is not None


def take(session: Session, limit: int) -> list[Waiting]:
    """The oldest updates that are not handled, in order, inside the transaction that handles them.

    No other handler can take them meanwhile: SQLite's write lock or the rows' own keeps it waiting.
    Whoever waited may get fewer than wait, or none.
    """
    rows = session.connection().execute(_WAITING.limit(limit).with_for_update())
    return [Waiting(*row) for row in rows]


def mark_handled(session: Session, seqs: Sequence[int], now: datetime) -> None:
    """In the transaction that handles them; what they said is kept only for as long as needed."""
    session.execute(_handled(seqs).values(handled_at=now, payload={}))


def set_aside(session: Session, seq: int, error: str, now: datetime) -> None:
    """One that cannot be handled; what it said is kept for a look."""
    session.execute(_handled([seq]).values(handled_at=now, error=error[:255]))


def _handled(seqs: Sequence[int]) -> Any:
    statement = update(Update).where(Update.seq.in_(seqs))
    return statement.execution_options(synchronize_session=False)


def count_set_aside(session: Session) -> int:
    """How many could not be handled and are still kept. Reads the whole table."""
    aside = select(func.count(Update.seq)).where(Update.error.is_not(None))
    return session.scalar(aside) or 0


def begin_anew(session: Session) -> None:
    """Another bot's ids follow: none is known. What waits is kept and comes first.

    Each row gives up its id for one that Telegram never uses.
    """
    former = update(Update).where(Update.id >= 0).values(id=-Update.seq)
    session.execute(former.execution_options(synchronize_session=False))


def forget_handled(session: Session, before: datetime) -> int:
    """Delete what was handled before a time. Returns how many.

    Keep at least two days: Telegram repeats what was not confirmed for 24 hours, and only a stored
    id tells that it is a repetition.
    """
    old = delete(Update).where(Update.handled_at < before)
    result = session.execute(old.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
