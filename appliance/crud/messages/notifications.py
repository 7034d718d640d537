"""Notifications that programs sent."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.models import DeliveryState, Message, Notification


def get_by_key(session: Session, key: str) -> Notification | None:
    return session.scalar(select(Notification).where(Notification.key == key))


def add(session: Session, notification: Notification) -> tuple[Notification, bool]:
    """Store a new one; with a key that is taken, the first one's row and False.

    On PostgreSQL this waits for another transaction that stores the same key, and so it must come
    before whatever is queued for it.
    """
    try:
        with session.begin_nested():
            session.add(notification)
    except IntegrityError:
        first = get_by_key(session, notification.key or "")
        if first is None:
            raise
        return first, False
    return notification, True


def outcome(session: Session, message_id: int) -> tuple[DeliveryState, str | None]:
    """How the one message stands, and why. Failed where its chat was forgotten meanwhile."""
    query = select(Message.state, Message.reason).where(Message.id == message_id)
    row = session.execute(query).one_or_none()
    if row is None or row.state is None:
        return DeliveryState.FAILED, "forgotten"
    return DeliveryState(row.state), row.reason
