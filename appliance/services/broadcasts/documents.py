"""Broadcasts, operations and report lines as JSON: the shapes that scripts rely on.

Times are RFC 3339 in UTC.
"""

from datetime import datetime
from typing import Any

from appliance.crud.broadcasts.audience import OUT_OF_REACH
from appliance.crud.deliveries import DeliveryRow
from appliance.errors import Localized
from appliance.models import Broadcast, BroadcastStatus, Operation, utcnow
from appliance.services.timing.clock import rfc3339

REPORT_COLUMNS = ("chat_id", "state", "reason", "attempts", "message_id", "updated_at")

_UNDER_WAY = (BroadcastStatus.RUNNING, BroadcastStatus.PAUSED)


def as_document(broadcast: Broadcast, now: datetime | None = None) -> dict[str, Any]:
    """A broadcast as JSON."""
    seconds = _seconds(broadcast, now or utcnow())
    return {
        "id": broadcast.id,
        "key": broadcast.key,
        "status": str(broadcast.status),
        "audience": broadcast.audience,
        "total": broadcast.total,
        "pending": broadcast.pending,
        "sending": broadcast.sending,
        "sent": broadcast.sent,
        "failed": broadcast.failed,
        "skipped": broadcast.skipped,
        "unknown": broadcast.unknown,
        "reasons": broadcast.reasons,
        "created_at": rfc3339(broadcast.created_at),
        "started_at": rfc3339(broadcast.started_at),
        "finished_at": rfc3339(broadcast.finished_at),
        "seconds": seconds,
        "rate": round(broadcast.sent / seconds, 2) if seconds else None,
        "starts_at": rfc3339(broadcast.starts_at),
        "canary": _canary(broadcast),
        "recipients": broadcast.total - out_of_reach(broadcast),
        "out_of_reach": out_of_reach(broadcast),
        "note": Localized.load(broadcast.note),
    }


def out_of_reach(broadcast: Broadcast) -> int:
    """To how many in its ledger the bot may not write; members read it on the site.

    All others are its recipients: those whom a preview counts.
    """
    return sum(broadcast.reasons.get(reason, 0) for reason in OUT_OF_REACH)


def _canary(broadcast: Broadcast) -> dict[str, Any] | None:
    """`waiting`: the first have been tried or are being tried, and are not judged yet."""
    if broadcast.canary is None:
        return None
    tried = broadcast.sent + broadcast.failed + broadcast.unknown + broadcast.sending
    undecided = broadcast.status in _UNDER_WAY and not broadcast.canary_passed
    return {
        "people": broadcast.canary,
        "waiting": undecided and tried >= broadcast.canary,
        "passed": broadcast.canary_passed,
    }


def _seconds(broadcast: Broadcast, now: datetime) -> float | None:
    if broadcast.started_at is None:
        return None
    return round(((broadcast.finished_at or now) - broadcast.started_at).total_seconds(), 3)


def operation_document(operation: Operation) -> dict[str, Any]:
    """An operation as JSON."""
    return {
        "id": operation.id,
        "kind": operation.kind,
        "status": status_of_operation(operation),
        "total": operation.total,
        "done": operation.done,
        "failed": operation.failed,
        "too_old": operation.too_old,
        "reasons": operation.reasons,
        "created_at": rfc3339(operation.created_at),
        "finished_at": rfc3339(operation.finished_at),
    }


def status_of_operation(operation: Operation) -> str:
    """Its status as people read it: a draft of an operation is being prepared."""
    return "preparing" if operation.status == BroadcastStatus.DRAFT else str(operation.status)


def report_line(row: DeliveryRow) -> dict[str, Any]:
    """One recipient's line in a report, in the order of REPORT_COLUMNS."""
    return {
        "chat_id": row.chat_id,
        "state": row.state,
        "reason": row.reason,
        "attempts": row.attempts,
        "message_id": row.message_id,
        "updated_at": rfc3339(row.updated_at),
    }
