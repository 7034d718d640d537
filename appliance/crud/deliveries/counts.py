"""The ledger counted, and the counters of a broadcast that must equal it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from appliance.crud.broadcasts import broadcasts
from appliance.models import MAX_ID, Chat, ChatStatus, Delivery, DeliveryState


class Tally:
    """Changes of one broadcast's counters, collected to be written once a transaction."""

    def __init__(self, broadcast_id: int) -> None:
        self._broadcast_id = broadcast_id
        self._changes: Counter[DeliveryState] = Counter()
        self._reasons: Counter[str] = Counter()

    def add(self, changes: Mapping[DeliveryState, int], reasons: Mapping[str, int] | None) -> None:
        self._changes.update(changes)
        self._reasons.update(reasons or {})

    def write(self, session: Session) -> None:
        """Must be called before the transaction commits."""
        broadcasts.move_counts(session, self._broadcast_id, self._changes, self._reasons)


@contextmanager
def tallying(session: Session, broadcast_id: int, tally: Tally | None) -> Iterator[Tally]:
    """The caller's tally, or one that is written at the end of the block."""
    if tally is not None:
        yield tally
        return
    own = Tally(broadcast_id)
    yield own
    own.write(session)


def states_of(session: Session, broadcast_id: int) -> dict[DeliveryState, int]:
    """The ledger counted row by row: what the counters of the broadcast must equal."""
    query = select(Delivery.state, func.count()).where(Delivery.broadcast_id == broadcast_id)
    rows = session.execute(query.group_by(Delivery.state))
    return {DeliveryState(state): number for state, number in rows}


def chats_in(session: Session, broadcast_id: int, states: Iterable[DeliveryState]) -> Sequence[int]:
    return session.scalars(
        select(Delivery.chat_id)
        .where(Delivery.broadcast_id == broadcast_id, Delivery.state.in_(list(states)))
        .order_by(Delivery.chat_id)
    ).all()


@dataclass(frozen=True, slots=True)
class Survey:
    """A part of a ledger: its last chat (None: no line is left), who is being sent to, and when
    the newest message in it was sent (seconds since 1970)."""

    last: int | None
    in_flight: Sequence[int] = ()
    newest: int = 0


def survey(session: Session, broadcast_id: int, after: int | None, limit: int) -> Survey:
    """The next `limit` lines after a chat."""
    last = end_of_part(session, broadcast_id, after, limit)
    if last is None:
        return Survey(None)
    here = in_part(broadcast_id, after, last)
    sending = select(Delivery.chat_id).where(here, Delivery.state == DeliveryState.SENDING)
    sent = select(func.max(Delivery.updated_at)).where(here, Delivery.state == DeliveryState.SENT)
    in_flight = session.scalars(sending.order_by(Delivery.chat_id)).all()
    return Survey(last, in_flight, session.scalar(sent) or 0)


def end_of_part(session: Session, broadcast_id: int, after: int | None, limit: int) -> int | None:
    """The last chat of the next `limit` lines; None when there are none."""
    # Lines are counted, not ids: Telegram's are spread over 52 bits, so that a span of them may
    # hold nobody or everybody.
    lines = select(Delivery.chat_id).where(in_part(broadcast_id, after, MAX_ID))
    part = lines.order_by(Delivery.chat_id).limit(limit).subquery()
    last: int | None = session.scalar(select(func.max(part.c.chat_id)))
    return last


def in_part(broadcast_id: int, after: int | None, last: int) -> ColumnElement[bool]:
    """The lines after a chat up to another one."""
    return and_(
        Delivery.broadcast_id == broadcast_id,
        Delivery.chat_id > (after if after is not None else -MAX_ID - 1),
        Delivery.chat_id <= last,
    )


def count_sent_before(session: Session, broadcast_id: int, moment: int) -> int:
    """How many were delivered before a moment (seconds since 1970)."""
    query = select(func.count()).where(
        Delivery.broadcast_id == broadcast_id,
        Delivery.state == DeliveryState.SENT,
        Delivery.updated_at < moment,
    )
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class Left:
    """A part of a ledger: its last chat (None: no line is left), how many got the message, and
    how many of those have blocked or left the bot since."""

    last: int | None
    sent: int = 0
    left: int = 0


def count_left(session: Session, broadcast_id: int, after: int | None, limit: int) -> Left:
    """The next `limit` lines after a chat."""
    last = end_of_part(session, broadcast_id, after, limit)
    if last is None:
        return Left(None)
    gone = Chat.status.in_(ChatStatus.GONE)
    query = (
        select(func.count(), func.count().filter(gone))
        .select_from(Delivery)
        .outerjoin(Chat, Chat.id == Delivery.chat_id)
        .where(in_part(broadcast_id, after, last), Delivery.state == DeliveryState.SENT)
    )
    sent, left = session.execute(query).one()
    return Left(last, sent, left)
