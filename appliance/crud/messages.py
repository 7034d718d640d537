"""Messages with one chat. Outgoing rows are the outbox: the engine sends what stands here.

Queuing is part of the caller's transaction, so an answer exists exactly when the change that asked
for it does; after a crash nothing is answered twice and nothing is forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from appliance.models import DeliveryState, Direction, Message, Priority, utcnow

# Written out, not bound: SQLite uses a partial index only where it can see its condition.
_OUTSTANDING = sql("messages.state IN (0, 1)")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An outgoing row taken from the outbox."""

    id: int
    chat_id: int
    method: str
    params: dict[str, Any]
    priority: int
    attempts: int
    visible: bool


def queue(
    session: Session,
    chat_id: int,
    method: str,
    params: dict[str, Any],
    *,
    priority: Priority = Priority.REPLY,
    text: str | None = None,
    visible: bool = True,
    now: datetime | None = None,
) -> Message:
    """Queue one Bot API call. `text` is what a thread shows; `visible` False: not in any thread."""
    message = Message(
        chat_id=chat_id,
        direction=Direction.OUT,
        visible=visible,
        text=text,
        method=method,
        params=params,
        priority=priority,
        state=DeliveryState.PENDING,
        created_at=now or utcnow(),
    )
    session.add(message)
    session.flush()
    return message


def record_incoming(
    session: Session,
    chat_id: int,
    text: str | None,
    message_id: int | None,
    now: datetime | None = None,
) -> Message:
    """Keep what somebody wrote to the bot."""
    message = Message(
        chat_id=chat_id,
        direction=Direction.IN,
        text=text,
        message_id=message_id,
        created_at=now or utcnow(),
    )
    session.add(message)
    session.flush()
    return message


def thread(
    session: Session, chat_id: int, limit: int, before_id: int | None = None
) -> Sequence[Message]:
    """What was said in a chat, newest first."""
    query = select(Message).where(Message.chat_id == chat_id, Message.visible)
    if before_id is not None:
        query = query.where(Message.id < before_id)
    return session.scalars(query.order_by(Message.id.desc()).limit(limit)).all()


def last_outgoing_at(session: Session, chat_id: int, text: str) -> datetime | None:
    """When this very text was last queued for the chat."""
    return session.scalar(
        select(func.max(Message.created_at)).where(
            Message.chat_id == chat_id, Message.direction == Direction.OUT, Message.text == text
        )
    )


def take(session: Session, limit: int, busy: frozenset[int] = frozenset()) -> list[Waiting]:
    """Claim waiting calls for sending, replies first, at most one a chat, none for `busy` chats.

    One a chat, because the answers to one person must arrive in the order they were queued.
    """
    outstanding = (
        select(
            Message.id,
            func.row_number()
            .over(
                partition_by=Message.chat_id,
                # what is being sent already comes first and so holds its chat's place
                order_by=(Message.state.desc(), Message.priority, Message.id),
            )
            .label("place"),
        )
        .where(_OUTSTANDING)
        .subquery()
    )
    query = (
        select(Message)
        .join(outstanding, outstanding.c.id == Message.id)
        .where(outstanding.c.place == 1, Message.state == DeliveryState.PENDING)
        .order_by(Message.priority, Message.id)
        .limit(limit + len(busy))
    )
    rows = [row for row in session.scalars(query) if row.chat_id not in busy][:limit]
    if rows:
        session.execute(
            update(Message)
            .where(Message.id.in_([row.id for row in rows]))
            .values(state=DeliveryState.SENDING)
            .execution_options(synchronize_session=False)
        )
    return [
        Waiting(
            row.id,
            row.chat_id,
            row.method or "",
            row.params or {},
            row.priority or 0,
            row.attempts,
            row.visible,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class MessageOutcome:
    """What became of an outgoing row; `state` PENDING puts it back."""

    id: int
    state: DeliveryState
    reason: str | None = None
    message_id: int | None = None
    counts: bool = True


def record(session: Session, outcomes: Sequence[MessageOutcome], now: datetime) -> None:
    """Write the outcomes of calls that were taken."""
    if not outcomes:
        return
    statement = (
        update(Message)
        .where(Message.id == bindparam("row"), Message.state == DeliveryState.SENDING)
        .values(
            state=bindparam("new_state"),
            reason=bindparam("new_reason"),
            message_id=func.coalesce(bindparam("new_message_id"), Message.message_id),
            attempts=Message.attempts + bindparam("attempt"),
            finished_at=bindparam("finished"),
        )
        .execution_options(synchronize_session=False)
    )
    session.connection().execute(
        statement,
        [
            {
                "row": outcome.id,
                "new_state": int(outcome.state),
                "new_reason": outcome.reason,
                "new_message_id": outcome.message_id,
                "attempt": int(outcome.counts),
                "finished": None if outcome.state == DeliveryState.PENDING else now,
            }
            for outcome in outcomes
        ],
    )


def recover(session: Session, now: datetime) -> int:
    """After a crash: what was being sent has an unknown outcome. Returns how many."""
    result = session.execute(
        update(Message)
        .where(_OUTSTANDING, Message.state == DeliveryState.SENDING)
        .values(state=DeliveryState.UNKNOWN, finished_at=now, reason="interrupted")
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def waiting(session: Session) -> tuple[int, datetime | None]:
    """How many calls wait, and since when the oldest does."""
    count, oldest = session.execute(
        select(func.count(Message.id), func.min(Message.created_at)).where(_OUTSTANDING)
    ).one()
    return count, oldest


def any_waiting(session: Session) -> bool:
    """Whether anything waits to be sent; a look into a partial index."""
    return session.connection().execute(_ANY_WAITING).first() is not None


_ANY_WAITING = (
    select(Message.id).where(_OUTSTANDING, Message.state == DeliveryState.PENDING).limit(1)
)


def forget_calls(session: Session, before: datetime) -> int:
    """Delete finished calls that were never messages (answers to buttons, edits)."""
    result = session.execute(
        delete(Message).where(Message.visible.is_(False), Message.finished_at < before)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]
