"""Many recipients moved at once: after a crash, on a retry, when a broadcast was cancelled.

A retry and a sweep go through the ledger by parts, each in a transaction of its own that says
where the next one begins. A part is so many lines, whatever state they are in: to look for the
next so many in one state could mean to walk a million lines while other writers wait.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from appliance.crud.broadcasts import broadcasts
from appliance.crud.deliveries.counts import end_of_part, in_part
from appliance.models import Broadcast, Delivery, DeliveryState

INTERRUPTED = "interrupted"
CANCELLED = "cancelled"

Part = tuple[int | None, int]
"""The last chat of a part (None: nothing is left to do), and how many recipients were moved."""


def recover(session: Session, broadcast_id: int, chat_ids: Sequence[int], now: int) -> int:
    """After a crash: what was being sent is `unknown`, and is not sent again by itself."""
    was, to = DeliveryState.SENDING, DeliveryState.UNKNOWN
    return _sweep(session, broadcast_id, _these(broadcast_id, chat_ids), was, to, INTERRUPTED, now)


def skip(session: Session, broadcast_id: int, chat_ids: Sequence[int], now: int) -> int:
    """Pending → skipped for these recipients of a cancelled broadcast."""
    was, to = DeliveryState.PENDING, DeliveryState.SKIPPED
    return _sweep(session, broadcast_id, _these(broadcast_id, chat_ids), was, to, CANCELLED, now)


def _these(broadcast_id: int, chat_ids: Sequence[int]) -> ColumnElement[bool]:
    return and_(Delivery.broadcast_id == broadcast_id, Delivery.chat_id.in_(chat_ids))


def requeue(
    session: Session, broadcast_id: int, was: DeliveryState, now: int, after: int | None, limit: int
) -> Part:
    """Failed or unknown → pending, for another try, among the next `limit` recipients."""
    last = _end(session, broadcast_id, was, after, limit)
    if last is None:
        return None, 0
    here = in_part(broadcast_id, after, last) & (Delivery.state == was)
    # Reason by reason: so the counters are exact, also where another transaction adds some now.
    moved = {
        reason: _move(session, here & Delivery.reason.is_not_distinct_from(reason), now)
        for reason in session.scalars(select(Delivery.reason).where(here).distinct()).all()
    }
    count = sum(moved.values())
    gone = {reason: -number for reason, number in moved.items() if reason is not None}
    changes = {was: -count, DeliveryState.PENDING: count}
    broadcasts.move_counts(session, broadcast_id, changes, gone)
    return last, count


def _move(session: Session, where: ColumnElement[bool], now: int) -> int:
    moved = session.execute(
        update(Delivery)
        .where(where)
        .values(state=DeliveryState.PENDING, reason=None, message_id=None, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(moved.rowcount)  # type: ignore[attr-defined]


def skip_pending(
    session: Session, broadcast_id: int, now: int, after: int | None, limit: int
) -> Part:
    """Pending → skipped among the next `limit` recipients of a cancelled broadcast."""
    was, to = DeliveryState.PENDING, DeliveryState.SKIPPED
    last = _end(session, broadcast_id, was, after, limit)
    if last is None:
        return None, 0
    here = in_part(broadcast_id, after, last)
    return last, _sweep(session, broadcast_id, here, was, to, CANCELLED, now)


def _end(
    session: Session, broadcast_id: int, was: DeliveryState, after: int | None, limit: int
) -> int | None:
    """The last chat of the next part; None: no line follows, or nobody is in the state `was`."""
    counter = getattr(Broadcast, was.word)
    # Locked before its lines, as the engine does (`list_active`), or on PostgreSQL two orders would
    # be a deadlock. With the lock comes the counter: where nobody is left, a walk over a million
    # lines ends here.
    waiting = select(counter).where(Broadcast.id == broadcast_id).with_for_update(key_share=True)
    if not session.scalar(waiting):
        return None
    return end_of_part(session, broadcast_id, after, limit)


def _sweep(
    session: Session,
    broadcast_id: int,
    where: ColumnElement[bool],
    was: DeliveryState,
    to: DeliveryState,
    reason: str,
    now: int,
) -> int:
    swept = session.execute(
        update(Delivery)
        .where(where, Delivery.state == was)  # whoever was claimed meanwhile keeps their outcome
        .values(state=to, reason=reason, updated_at=now)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    broadcasts.move_counts(
        session, broadcast_id, {was: -swept, to: swept}, {reason: swept} if swept else None
    )
    return int(swept)
