"""What is decided about a broadcast after it was queued: retry, edit, recall. Each is recorded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from appliance.crud import broadcasts, deliveries, events, operations
from appliance.errors import Conflict, NothingToDo, Said, say
from appliance.models import Broadcast, BroadcastStatus, DeliveryState, Operation, utcnow
from appliance.services import broadcasts as service
from appliance.services import content
from appliance.services.broadcasts import rfc3339

Verb = Literal["pause", "resume", "cancel"]

RECALL_LIMIT = timedelta(hours=48)
"""After this Telegram does not let a bot delete its message in a private chat."""

_RETRIED = {"failed": DeliveryState.FAILED, "unknown": DeliveryState.UNKNOWN}
_UNFINISHED = (BroadcastStatus.RUNNING, BroadcastStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Recallable:
    """What a recall can still reach."""

    delivered: int
    too_old: int


def retry(
    session: Session, broadcast_id: int, which: str, actor: str, now: datetime | None = None
) -> tuple[Broadcast, int]:
    """Send again to those who `failed`, or whose outcome is `unknown` (they may get it twice).

    An explicit, separate decision: recorded with who and when. Returns how many wait again.
    Raises NotFound, Conflict while it is cancelled or not begun, NothingToDo.
    """
    now = now or utcnow()
    broadcast = broadcasts.get(session, broadcast_id)
    if broadcast.frozen_at is None or broadcast.status == BroadcastStatus.CANCELLED:
        raise Conflict(
            say(
                "broadcast {id} is {status}: it cannot be retried",
                id=broadcast_id,
                status=broadcast.status,
            )
        )
    moved = deliveries.requeue(session, broadcast_id, _RETRIED[which], int(now.timestamp()))
    if moved == 0:
        raise NothingToDo(
            say("broadcast {id} has no recipient that is {which}", id=broadcast_id, which=which)
        )
    if broadcast.status == BroadcastStatus.DONE:
        broadcast.status = BroadcastStatus.RUNNING
        broadcast.finished_at = None
    events.add(session, broadcast_id, actor, "retry", {"which": which, "count": moved})
    session.flush()
    session.refresh(broadcast)
    return broadcast, moved


def edit(
    session: Session,
    broadcast_id: int,
    actor: str,
    *,
    text: str,
    format: str,
    options: Mapping[str, Any] | None = None,
    variants: Mapping[str, str] | None = None,
) -> tuple[Broadcast, Operation | None]:
    """Change what is pending and, message by message, what was delivered.

    `options` and `variants` that are None stay as they are; {} takes them away.
    Returns the operation that edits the delivered ones; None when there is none yet.
    Raises NotFound, Invalid with every fault, Conflict while another operation runs.
    """
    broadcast = broadcasts.get(session, broadcast_id)
    chosen = dict(broadcast.options if options is None else options)
    kinds = [item["kind"] for item in broadcast.media]
    texts = broadcast.variants if variants is None else service.lowered(variants)
    content.check(text, format, chosen, texts, kinds)
    chosen = service.resolve_topics(session, chosen)
    _claim_turn(session, broadcast)
    operations.set_content(
        session, broadcast, text=text, format=format, options=chosen, variants=dict(texts)
    )
    events.add(session, broadcast_id, actor, "edit", {"version": broadcast.version})
    return broadcast, _begin(session, broadcast, "edit")


def recall(session: Session, broadcast_id: int, actor: str) -> tuple[Broadcast, Operation]:
    """Stop sending and delete what was delivered, as far as Telegram still lets it.

    Raises NotFound, Conflict while another operation runs, NothingToDo. The caller sweeps what
    was pending (`services/broadcasts.sweep_cancelled`).
    """
    broadcast = broadcasts.get(session, broadcast_id)
    _claim_turn(session, broadcast)
    if broadcast.status in (*broadcasts.OPEN, BroadcastStatus.PAUSED, BroadcastStatus.HALTED):
        service.cancel(session, broadcast_id)
    operation = _begin(session, broadcast, "recall")
    if operation is None:
        raise NothingToDo(say("nothing of broadcast {id} was delivered", id=broadcast_id))
    events.add(session, broadcast_id, actor, "recall", {"delivered": operation.total})
    return broadcast, operation


def recallable(session: Session, broadcast_id: int, now: datetime | None = None) -> Recallable:
    """How many delivered messages there are, and how many are too old to be deleted."""
    broadcasts.get(session, broadcast_id)
    oldest = int(((now or utcnow()) - RECALL_LIMIT).timestamp())
    delivered, _ = operations.delivered(session, broadcast_id)
    return Recallable(delivered, deliveries.count_sent_before(session, broadcast_id, oldest))


def pause(session: Session, broadcast_id: int) -> Broadcast:
    """Pause the sending, or the edit or recall that runs. Raises NotFound, Conflict."""
    running, paused = (BroadcastStatus.RUNNING,), BroadcastStatus.PAUSED
    if operations.change_status(session, broadcast_id, running, paused):
        return _pause_sending_too(session, broadcast_id)
    return service.pause(session, broadcast_id)


def resume(session: Session, broadcast_id: int) -> Broadcast:
    """Go on with what was paused: the sending, an edit or a recall. Raises NotFound, Conflict."""
    paused, running = (BroadcastStatus.PAUSED,), BroadcastStatus.RUNNING
    changed = operations.change_status(session, broadcast_id, paused, running)
    broadcast = broadcasts.get(session, broadcast_id)
    if changed and broadcast.status not in (BroadcastStatus.PAUSED, BroadcastStatus.HALTED):
        return broadcast
    return service.resume(session, broadcast_id)


def decide(session: Session, broadcast_id: int, verb: Verb, actor: str) -> Broadcast:
    """Pause, resume or cancel, and record who did. Raises NotFound, Conflict.

    Who cancels sweeps what was pending (`services/broadcasts.sweep_cancelled`).
    """
    broadcast = _VERBS[verb](session, broadcast_id)
    events.add(session, broadcast_id, actor, verb)
    return broadcast


def decide_operation(
    session: Session, broadcast_id: int, operation_id: int, verb: Verb, actor: str
) -> Operation:
    """Pause, resume or cancel one edit or recall, and record who did. Raises NotFound, Conflict.

    What it has changed already stays so.
    """
    operation = operations.get(session, broadcast_id, operation_id)
    allowed, to, done = _OPERATION_VERBS[verb]
    if not operations.change_one(session, operation_id, allowed, to, utcnow()):
        raise Conflict(
            say(
                "operation {id} is {status}: it cannot be {done}",
                id=operation_id,
                status=operation.status,
                done=done,
            )
        )
    details = {"operation": operation_id, "kind": operation.kind}
    events.add(session, broadcast_id, actor, verb, details)
    return operations.get(session, broadcast_id, operation_id)


_VERBS: Mapping[Verb, Callable[[Session, int], Broadcast]] = {
    "pause": pause,
    "resume": resume,
    "cancel": service.cancel,
}


_OPERATION_VERBS: Mapping[Verb, tuple[tuple[BroadcastStatus, ...], BroadcastStatus, Said]] = {
    "pause": ((BroadcastStatus.RUNNING,), BroadcastStatus.PAUSED, say("paused")),
    "resume": ((BroadcastStatus.PAUSED,), BroadcastStatus.RUNNING, say("resumed")),
    "cancel": (_UNFINISHED, BroadcastStatus.CANCELLED, say("cancelled")),
}


def _pause_sending_too(session: Session, broadcast_id: int) -> Broadcast:
    broadcast = broadcasts.get(session, broadcast_id)
    if broadcast.status in broadcasts.OPEN:
        return service.pause(session, broadcast_id)
    return broadcast


def as_document(operation: Operation) -> dict[str, Any]:
    """An operation as JSON."""
    return {
        "id": operation.id,
        "kind": operation.kind,
        "status": str(operation.status),
        "total": operation.total,
        "done": operation.done,
        "failed": operation.failed,
        "too_old": operation.too_old,
        "reasons": operation.reasons,
        "created_at": rfc3339(operation.created_at),
        "finished_at": rfc3339(operation.finished_at),
    }


def _begin(session: Session, broadcast: Broadcast, kind: str) -> Operation | None:
    """What is sent from now on says the new words: messages later than this are left alone."""
    in_flight = deliveries.chats_in(session, broadcast.id, (DeliveryState.SENDING,))
    total, last = operations.delivered(session, broadcast.id)
    if not total and not in_flight:
        return None
    return operations.add(
        session,
        Operation(
            broadcast_id=broadcast.id,
            kind=kind,
            version=broadcast.version,
            late=list(in_flight),
            total=total,
            status=BroadcastStatus.RUNNING,
            # not before any of its messages, also where the clock was put back since
            created_at=max(utcnow(), datetime.fromtimestamp(last, UTC)),
        ),
    )


def _claim_turn(session: Session, broadcast: Broadcast) -> None:
    """One operation at a time; a new edit ends the one before it, a recall ends any edit."""
    for operation in operations.list_for(session, broadcast.id):
        if operation.kind == "recall" and operation.status in _UNFINISHED:
            raise Conflict(say("broadcast {id} is being recalled", id=broadcast.id))
    operations.change_status(
        session, broadcast.id, _UNFINISHED, BroadcastStatus.CANCELLED, utcnow()
    )
