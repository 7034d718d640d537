"""Many recipients moved at once: after a crash, on a retry, when a broadcast was cancelled."""

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from appliance.crud import broadcasts
from appliance.crud.deliveries.counts import recount
from appliance.models import Delivery, DeliveryState

INTERRUPTED = "interrupted"
CANCELLED = "cancelled"


def recover(session: Session, broadcast_id: int, now: int) -> int:
    """After a crash: what was being sent is `unknown`, and is not sent again by itself."""
    return _sweep(
        session, broadcast_id, DeliveryState.SENDING, DeliveryState.UNKNOWN, INTERRUPTED, now
    )


def requeue(session: Session, broadcast_id: int, was: DeliveryState, now: int) -> int:
    """Failed or unknown → pending, for another try. Returns how many."""
    moved = session.execute(
        update(Delivery)
        .where(Delivery.broadcast_id == broadcast_id, Delivery.state == was)
        .values(state=DeliveryState.PENDING, reason=None, message_id=None, updated_at=now)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    if moved:
        recount(session, broadcast_id)  # the reasons of those who failed are gone with it
    return int(moved)


def skip_pending(session: Session, broadcast_id: int, now: int, limit: int) -> int:
    """Pending → skipped for the next `limit` recipients of a cancelled broadcast."""
    return _sweep(
        session, broadcast_id, DeliveryState.PENDING, DeliveryState.SKIPPED, CANCELLED, now, limit
    )


def _sweep(
    session: Session,
    broadcast_id: int,
    was: DeliveryState,
    to: DeliveryState,
    reason: str,
    now: int,
    limit: int | None = None,
) -> int:
    where = and_(Delivery.broadcast_id == broadcast_id, Delivery.state == was)
    if limit is not None:
        ids = select(Delivery.chat_id).where(where).order_by(Delivery.chat_id).limit(limit)
        last = session.scalar(select(func.max(ids.subquery().c.chat_id)))
        if last is None:
            return 0
        where = and_(where, Delivery.chat_id <= last)
    swept = session.execute(
        update(Delivery)
        .where(where)
        .values(state=to, reason=reason, updated_at=now)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    broadcasts.move_counts(
        session, broadcast_id, {was: -swept, to: swept}, {reason: swept} if swept else None
    )
    return int(swept)
