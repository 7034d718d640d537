"""The history of a broadcast: who did what, and when."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from appliance.models import BroadcastEvent, utcnow

EDIT = "edit"
MISSED = "missed"

SCHEDULER = "schedule"
"""The actor of what the schedule part decides by itself."""


def add(
    session: Session,
    broadcast_id: int,
    actor: str,
    action: str,
    details: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> BroadcastEvent:
    """Note a decision, in the transaction that carries it out.

    `actor` says who: "user:5", "cli:root", "engine", "schedule".
    """
    event = BroadcastEvent(
        broadcast_id=broadcast_id,
        actor=actor,
        action=action,
        details=dict(details or {}),
        at=now or utcnow(),
    )
    session.add(event)
    session.flush()
    return event


def amend(session: Session, event_id: int, details: Mapping[str, Any]) -> None:
    """What was decided is carried out in several transactions: this is how far it has come."""
    event = session.get_one(BroadcastEvent, event_id)
    event.details = dict(details)
    session.flush()


def list_for(session: Session, broadcast_id: int) -> Sequence[BroadcastEvent]:
    """What was decided about a broadcast, oldest first."""
    query = select(BroadcastEvent).where(BroadcastEvent.broadcast_id == broadcast_id)
    return session.scalars(query.order_by(BroadcastEvent.id)).all()


def sent_before_last_edit(session: Session, broadcast_id: int) -> int:
    """How many had got it when its words were changed last; 0 where that is not noted."""
    query = (
        select(BroadcastEvent.details)
        .where(BroadcastEvent.broadcast_id == broadcast_id, BroadcastEvent.action == EDIT)
        .order_by(BroadcastEvent.id.desc())
        .limit(1)
    )
    return int((session.scalar(query) or {}).get("sent", 0))
