"""Which parts run and what waits, for `appliance status`, `/api/v1/status` and `/readyz`."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from appliance import __version__
from appliance.crud import leases, updates
from appliance.crud.broadcasts import broadcasts
from appliance.crud.messages import messages
from appliance.crud.settings import FLOOD, chat_pauses, pause_of
from appliance.database import SCHEMA
from appliance.models import Lease, utcnow
from appliance.services.alerts import refused
from appliance.services.leases import DELIVERY, SCHEDULE, UPDATES, WEB, is_gone
from appliance.services.timing.clock import rfc3339

PARTS = (WEB, UPDATES, DELIVERY, SCHEDULE)


def document(session: Session, now: datetime | None = None) -> dict[str, Any]:
    """The shape of `status --json`."""
    now = now or utcnow()
    return {
        "parts": parts(session, now),
        "queue": _queue(session, now),
        "set_aside": updates.count_set_aside(session),
        "flood_until": _flood_until(session, now),
        "chat_pauses": _chat_pauses(session, now),
        "refused": refused.listed(session),
        "version": __version__,
        "schema": SCHEMA,
    }


def parts(session: Session, now: datetime | None = None) -> dict[str, dict[str, Any]]:
    """The parts alone, which is cheap: probes ask every few seconds."""
    now = now or utcnow()
    lease_by_name = {lease.name: lease for lease in leases.list_leases(session)}
    return {name: _part(lease_by_name.get(name), now) for name in PARTS}


def is_running(session: Session, part: str, now: datetime | None = None) -> bool:
    """Whether some process runs this part at the moment."""
    now = now or utcnow()
    lease = leases.get_lease(session, part)
    return lease is not None and _alive(lease, now)


def _part(lease: Lease | None, now: datetime) -> dict[str, Any]:
    if lease is None or lease.holder is None:
        return {"state": "stopped", "holder": None, "heartbeat_at": None}
    state = (lease.state or "running") if _alive(lease, now) else "dead"
    return {"state": state, "holder": lease.holder, "heartbeat_at": rfc3339(lease.heartbeat_at)}


def _alive(lease: Lease, now: datetime) -> bool:
    if lease.holder is None or lease.expires_at is None or lease.expires_at <= now:
        return False
    return not is_gone(lease.holder)


def _queue(session: Session, now: datetime) -> dict[str, Any]:
    waiting, oldest = messages.waiting(session)
    for broadcast in broadcasts.list_in(session, broadcasts.OPEN):
        # before it is frozen nobody has counted its recipients
        waiting += broadcast.pending + broadcast.sending
        begun = broadcast.started_at or broadcast.starts_at or broadcast.created_at
        oldest = min(oldest, begun) if oldest else begun
    seconds = round((now - oldest).total_seconds(), 1) if oldest else 0.0
    return {"pending": waiting, "oldest_seconds": max(0.0, seconds)}


def _flood_until(session: Session, now: datetime) -> str | None:
    seconds = pause_of(session, FLOOD).left(now.timestamp())
    return rfc3339(now + timedelta(seconds=seconds)) if seconds else None


def _chat_pauses(session: Session, now: datetime) -> list[dict[str, Any]]:
    """The chats that Telegram asked to leave alone, the longest first."""
    wall = now.timestamp()
    pauses = [(pause.left(wall), chat) for chat, pause in chat_pauses(session, wall).items()]
    return [
        {"chat_id": chat, "until": rfc3339(now + timedelta(seconds=seconds))}
        for seconds, chat in sorted(pauses, reverse=True)
    ]
