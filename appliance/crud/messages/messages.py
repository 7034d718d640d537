"""Messages with one chat. Outgoing rows are the outbox: the engine sends what stands here.

Queuing is part of the caller's transaction, so an answer exists exactly when the change that asked
for it does; after a crash nothing is answered twice and nothing is forgotten.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import SmallInteger, bindparam, case, delete, func, null, select, update
from sqlalchemy.orm import Session

from appliance.crud.messages.outbox_order import OUTSTANDING, first_of_each
from appliance.crud.messages.row_locks import in_order
from appliance.models import DeliveryState, Direction, Message, Priority, utcnow

GATHERS = timedelta(seconds=1.5)
"""An outgoing album waits that long for its parts, which come one by one, before it may leave."""

# Bounds the walk of `ix_messages_telegram`: an album id has no index of its own.
_ALBUM_SPAN = 200  # ids: ten parts that arrive at once, among messages of other people


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
    about_chat_id: int | None = None
    media: list[Any] = field(default_factory=list)


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
    flush: bool = True,
    **of_conversation: Any,
) -> Message:
    """Queue one Bot API call. `text` is what a thread shows; `visible` False: not in any thread.

    What is in no thread may be a secret, a code for linking say: its `params` are kept only as
    long as another try may need them.

    Without `flush` it is written with the rest of the transaction and has no id before; a handler
    of updates answers hundreds in one.

    `of_conversation` are columns of a message that operators see: `author_id`, `about_chat_id`
    (the person, of an answer and of a copy for the operators' group), `reply_to`, `key` (of the
    request, so that it is not answered twice), `files` and `media`.
    """
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
        **of_conversation,
    )
    session.add(message)
    if flush:
        session.flush()
    return message


def reword(session: Session, message_id: int, chat_id: int, html: str, plain: str) -> bool:
    """Give a text that still waits for a chat other words. False: there is none any more."""
    mine = (Message.id == message_id, Message.chat_id == chat_id)
    row = session.scalar(
        select(Message).where(*mine, Message.state == DeliveryState.PENDING).with_for_update()
    )
    if row is None:
        return False
    row.params, row.text = {**(row.params or {}), "text": html}, plain
    return True


def record_incoming(
    session: Session,
    chat_id: int,
    text: str | None,
    message_id: int | None,
    now: datetime | None = None,
    flush: bool = True,
    **of_conversation: Any,
) -> Message:
    """Keep what somebody wrote to the bot; `of_conversation`: `files`, `album_id`, `reply_to`."""
    message = Message(
        chat_id=chat_id,
        direction=Direction.IN,
        text=text,
        message_id=message_id,
        created_at=now or utcnow(),
        **of_conversation,
    )
    session.add(message)
    if flush:
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


def find_by_telegram_id(session: Session, chat_id: int, message_id: int) -> Message | None:
    """The message that Telegram knows by this id in a chat; the last, should there be two."""
    query = select(Message).where(Message.chat_id == chat_id, Message.message_id == message_id)
    return session.scalar(query.order_by(Message.id.desc()).limit(1))


def find_album(session: Session, chat_id: int, album_id: str, message_id: int) -> Message | None:
    """What came of an album before this part: parts have ids next to each other."""
    near = Message.message_id.between(message_id - _ALBUM_SPAN, message_id + _ALBUM_SPAN)
    query = select(Message).where(
        Message.chat_id == chat_id,
        near,
        Message.album_id == album_id,
        Message.direction == Direction.IN,
    )
    return session.scalar(query.order_by(Message.id.desc()).limit(1))


def gathering(
    session: Session, chat_id: int, album_id: str, now: datetime | None = None
) -> Message | None:
    """The outgoing album that takes another part; no engine claims it before the transaction ends.

    PostgreSQL needs the lock for that; in SQLite there is one writer at a time.
    """
    query = select(Message).where(
        OUTSTANDING,
        Message.state == DeliveryState.PENDING,
        Message.chat_id == chat_id,
        Message.album_id == album_id,
        Message.created_at > (now or utcnow()) - GATHERS,
    )
    return session.scalar(query.limit(1).with_for_update())


def get_by_key(session: Session, key: str) -> Message | None:
    """What was queued for a request with this key."""
    return session.scalar(select(Message).where(Message.key == key))


def is_waiting(session: Session, chat_id: int, method: str, about_chat_id: int) -> bool:
    """Whether such a call about a person waits or is under way."""
    query = select(Message.id).where(
        OUTSTANDING,
        Message.chat_id == chat_id,
        Message.method == method,
        Message.about_chat_id == about_chat_id,
    )
    return session.scalar(query.limit(1)) is not None


def copies_waiting(
    session: Session, chat_id: int, about_chat_id: int, newest: int
) -> Sequence[str | None]:
    """The texts of what waits for a chat and is about somebody, the latest first.

    Only the `newest` rows of the chat are looked at: this is asked for every message.
    """
    # A bound within: without it the walk would go through all that was ever sent to the group.
    rows = (
        select(Message.id, Message.state, Message.visible, Message.about_chat_id, Message.text)
        .where(Message.chat_id == chat_id)
        .order_by(Message.id.desc())
        .limit(newest)
        .subquery()
    )
    mine = (rows.c.about_chat_id == about_chat_id, rows.c.state == DeliveryState.PENDING)
    query = select(rows.c.text).where(*mine, rows.c.visible).order_by(rows.c.id.desc())
    return session.scalars(query).all()


def last_outgoing_at(session: Session, chat_id: int, text: str) -> datetime | None:
    """When this very text was last queued for the chat."""
    return session.scalar(
        select(func.max(Message.created_at)).where(
            Message.chat_id == chat_id, Message.direction == Direction.OUT, Message.text == text
        )
    )


def take(
    session: Session,
    limit: int,
    busy: frozenset[int] = frozenset(),
    now: datetime | None = None,
    after: int | None = None,
) -> list[Waiting]:
    """Claim waiting calls for sending, replies first, at most one a chat, none for `busy` chats.

    One a chat, because the answers to one person must arrive in the order they were queued. An
    album that still gathers its parts holds its chat up. `after`: see `first_of_each`.
    """
    ids = first_of_each(session, limit, busy, (now or utcnow()) - GATHERS, after)
    if not ids:
        return []
    # On PostgreSQL whoever holds a row is about to change it: it is looked at another time.
    free = Message.id.in_(ids) & (Message.state == DeliveryState.PENDING)
    query = select(*_CALL).where(free).order_by(Message.priority, Message.id)
    rows = session.execute(query.with_for_update(key_share=True, skip_locked=True)).all()
    mine = Message.id.in_([row.id for row in rows])
    claim = update(Message).where(mine).values(state=DeliveryState.SENDING)
    session.execute(claim.execution_options(synchronize_session=False))
    return [
        Waiting(
            row.id,
            row.chat_id,
            row.method or "",
            row.params or {},
            row.priority or 0,
            row.attempts,
            row.visible,
            row.about_chat_id,
            row.media or [],
        )
        for row in rows
    ]


_CALL = (
    Message.id,
    Message.chat_id,
    Message.method,
    Message.params,
    Message.priority,
    Message.attempts,
    Message.visible,
    Message.about_chat_id,
    Message.media,
)


@dataclass(frozen=True, slots=True)
class MessageOutcome:
    """What became of an outgoing row; `state` PENDING puts it back."""

    id: int
    state: DeliveryState
    reason: str | None = None
    message_id: int | None = None
    counts: bool = True


def record(session: Session, outcomes: Sequence[MessageOutcome], now: datetime) -> None:
    """Write the outcomes of calls that were taken.

    What is over and in no thread loses its params, for they may be a secret.
    """
    if not outcomes:
        return
    over = bindparam("new_state", type_=SmallInteger) != int(DeliveryState.PENDING)
    statement = (
        update(Message)
        # Only while it is being sent: an engine that took over may have made it `unknown` already.
        .where(Message.id == bindparam("row"), Message.state == DeliveryState.SENDING)
        .values(
            state=bindparam("new_state"),
            reason=bindparam("new_reason"),
            message_id=func.coalesce(bindparam("new_message_id"), Message.message_id),
            attempts=Message.attempts + bindparam("attempt"),
            finished_at=bindparam("finished"),
            params=case((over & Message.visible.is_(False), null()), else_=Message.params),
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
            for outcome in sorted(outcomes, key=lambda outcome: outcome.id)  # see `in_order`
        ],
    )


def recover(session: Session, now: datetime) -> int:
    """After a crash: what was being sent has an unknown outcome. Returns how many."""
    result = session.execute(
        update(Message)
        .where(in_order(OUTSTANDING, Message.state == DeliveryState.SENDING))
        .values(
            state=DeliveryState.UNKNOWN,
            finished_at=now,
            reason="interrupted",
            params=case((Message.visible.is_(False), null()), else_=Message.params),
        )
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def put_back(session: Session, held: Iterable[int]) -> int:
    """Sending → pending for rows that are not among `held`: they never left. Returns how many."""
    result = session.execute(
        update(Message)
        .where(
            in_order(OUTSTANDING, Message.state == DeliveryState.SENDING, Message.id.not_in(held))
        )
        .values(state=DeliveryState.PENDING)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def give_up_copies(
    session: Session, chat_id: int, reason: str, now: datetime | None = None
) -> None:
    """What waits for a chat and is about somebody else is not sent any more."""
    session.execute(
        update(Message)
        .where(
            in_order(
                OUTSTANDING,
                Message.state == DeliveryState.PENDING,
                Message.chat_id == chat_id,
                Message.about_chat_id != chat_id,
            )
        )
        .values(state=DeliveryState.FAILED, finished_at=now or utcnow(), reason=reason)
        .execution_options(synchronize_session=False)
    )


def waiting(session: Session) -> tuple[int, datetime | None]:
    """How many calls wait, and since when the oldest does."""
    count, oldest = session.execute(
        select(func.count(Message.id), func.min(Message.created_at)).where(OUTSTANDING)
    ).one()
    return count, oldest


def any_waiting(session: Session) -> bool:
    """Whether anything waits to be sent; a look into a partial index."""
    return session.connection().execute(_ANY_WAITING).first() is not None


_ANY_WAITING = (
    select(Message.id).where(OUTSTANDING, Message.state == DeliveryState.PENDING).limit(1)
)


def forget_calls(session: Session, before: datetime) -> int:
    """Delete finished calls that were never messages (answers to buttons, edits)."""
    old = select(Message.id).where(Message.visible.is_(False), Message.finished_at < before)
    result = session.execute(
        delete(Message).where(Message.id.in_(old.with_for_update(skip_locked=True)))
    )
    return int(result.rowcount)  # type: ignore[attr-defined]
