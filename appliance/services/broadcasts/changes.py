"""What is decided about a broadcast after it was queued, recorded with who decided it.

Pause, resume, cancel, retry, edit, recall. Each opens its transactions itself: some need many, and
what has to follow on the decision is not left to the caller.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts, events, operations
from appliance.database import ROWS_PER_LOOK, ROWS_PER_TRANSACTION
from appliance.errors import Conflict, NothingToDo, localized
from appliance.models import Broadcast, BroadcastStatus, DeliveryState, Operation, utcnow
from appliance.services import content
from appliance.services.broadcasts import ledger_walk, lifecycle
from appliance.services.broadcasts.documents import status_of_operation
from appliance.services.broadcasts.ledger_walk import Write, politely

Verb = Literal["pause", "resume", "cancel"]

RECALL_LIMIT = timedelta(hours=48)
"""Telegram lets a bot delete its message in a private chat for so long."""

MISSED = "missed"
_RETRIED = {"failed": DeliveryState.FAILED, "unknown": DeliveryState.UNKNOWN}
_MOVING = (BroadcastStatus.DRAFT, BroadcastStatus.RUNNING)
_UNFINISHED = (*_MOVING, BroadcastStatus.PAUSED)
_STOPPED = (BroadcastStatus.PAUSED, BroadcastStatus.HALTED)
_CANCELLABLE = (*broadcasts.OPEN, *_STOPPED)


@dataclass(frozen=True, slots=True)
class Recallable:
    """What a recall can still reach. Who is `unknown` may have it, but no message id is known."""

    delivered: int
    too_old: int
    unknown: int


def pause(write: Write, broadcast_id: int, actor: str) -> Broadcast:
    """Pause the sending, the edit or recall that runs, or both. Raises NotFound, Conflict."""
    with write() as session:
        broadcast = broadcasts.lock(session, broadcast_id)
        paused = operations.change_status(session, broadcast_id, _MOVING, BroadcastStatus.PAUSED)
        # Also beside an edit that runs: whoever presses Pause wants that nothing leaves.
        if not paused or broadcast.status in broadcasts.OPEN:
            _change(session, broadcast, broadcasts.OPEN, BroadcastStatus.PAUSED)
        events.add(session, broadcast_id, actor, "pause")
        return broadcast


def resume(write: Write, broadcast_id: int, actor: str) -> Broadcast:
    """Go on with what was paused: the sending, an edit or a recall. Raises NotFound, Conflict."""
    with write() as session:
        broadcast = broadcasts.lock(session, broadcast_id)
        resumed = operations.change_status(
            session, broadcast_id, (BroadcastStatus.PAUSED,), BroadcastStatus.RUNNING
        )
        # As `pause` did: both go on that were stopped together.
        if not resumed or broadcast.status in _STOPPED:
            frozen = broadcast.frozen_at is not None
            to = BroadcastStatus.RUNNING if frozen else BroadcastStatus.SCHEDULED
            _change(session, broadcast, _STOPPED, to)
        events.add(session, broadcast_id, actor, "resume")
        return broadcast


def cancel(write: Write, broadcast_id: int, actor: str) -> Broadcast:
    """Stop for good: what is pending is skipped. Raises NotFound, Conflict."""
    # Sending stops with this commit. The lines follow in parts: a million at once take 7 s.
    with write() as session:
        broadcast = broadcasts.lock(session, broadcast_id)
        _change(session, broadcast, _CANCELLABLE, BroadcastStatus.CANCELLED)
        events.add(session, broadcast_id, actor, "cancel")
    return ledger_walk.skip_pending(write, broadcast_id, utcnow())


def _change(
    session: Session,
    broadcast: Broadcast,
    allowed: tuple[BroadcastStatus, ...],
    to: BroadcastStatus,
) -> None:
    """Raises Conflict in a state that is not allowed."""
    values = _values_of(broadcast, to, utcnow())
    if not broadcasts.change_status(session, broadcast.id, allowed, to, **values):
        raise Conflict(
            localized(
                "broadcast {id} is {status}: it cannot be {done}",
                id=broadcast.id,
                status=broadcast.status,
                done=_DONE[to],
            )
        )
    session.refresh(broadcast)


def _values_of(broadcast: Broadcast, to: BroadcastStatus, now: datetime) -> dict[str, Any]:
    """What changes together with the status."""
    values: dict[str, Any] = {"note": None}
    if broadcast.status == BroadcastStatus.CANCELLED:
        values["finished_at"] = None
    if to == BroadcastStatus.CANCELLED:
        values["finished_at"] = now
    elif broadcast.status == BroadcastStatus.HALTED:
        values["canary_passed"] = True  # whoever resumes it has seen what became of the first
    if to == BroadcastStatus.SCHEDULED and broadcast.starts_at and broadcast.starts_at < now:
        values["max_late"] = None  # whoever resumes it after its time wants it late
    return values


def retry(
    write: Write, broadcast_id: int, which: str, actor: str, now: datetime | None = None
) -> tuple[Broadcast, int]:
    """Send again to those who `failed`, or whose outcome is `unknown` (they may get it twice); or
    what was `missed` altogether: it waits for its time once more, or begins at once.

    Returns how many are pending again. Raises NotFound, NothingToDo. Raises Conflict where it was
    cancelled, recalled or has not begun.

    Some thousands of lines a transaction, each of which is complete: its recipients are counted,
    recorded and will be sent to. After a crash the others can be retried as before.
    """
    if which == MISSED:
        return _bring_back(write, broadcast_id, actor), 0
    at, was = int((now or utcnow()).timestamp()), _RETRIED[which]
    moved, after, event_id = 0, None, None  # one event, however many transactions
    while True:
        with politely(write) as session:
            # Locked and asked anew with each part: it may be cancelled or recalled between two.
            broadcast = broadcasts.lock(session, broadcast_id)
            if not _may_retry(session, broadcast, begun=moved > 0):
                return broadcast, moved
            part = deliveries.requeue(session, broadcast_id, was, at, after, ROWS_PER_TRANSACTION)
            after, moved = part[0], moved + part[1]
            if part[1]:
                _run_again(broadcast)
                details = {"which": which, "count": moved}
                event_id = _record_retry(session, broadcast_id, actor, details, event_id)
            session.refresh(broadcast)
        if after is None:
            break
    if moved == 0:
        raise NothingToDo(
            localized(
                "broadcast {id} has no recipients that are {which}", id=broadcast_id, which=which
            )
        )
    return broadcast, moved


def was_missed(session: Session, broadcast: Broadcast) -> bool:
    """Whether it was cancelled because it could not begin in time."""
    if broadcast.status != BroadcastStatus.CANCELLED or broadcast.cursor is not None:
        return False
    history = events.list_for(session, broadcast.id)
    return bool(history) and history[-1].action == events.MISSED


def _bring_back(write: Write, broadcast_id: int, actor: str) -> Broadcast:
    with write() as session:
        broadcast = broadcasts.lock(session, broadcast_id)
        if not was_missed(session, broadcast):
            raise NothingToDo(localized("broadcast {id} did not miss its time", id=broadcast_id))
        _change(session, broadcast, (BroadcastStatus.CANCELLED,), BroadcastStatus.SCHEDULED)
        events.add(session, broadcast_id, actor, "retry", {"which": MISSED})
        return broadcast


def _may_retry(session: Session, broadcast: Broadcast, *, begun: bool) -> bool:
    """Raises Conflict. False where it was cancelled meanwhile, after the retry has `begun`."""
    # Whoever deletes a message does not want it sent again.
    recalled = any(row.kind == "recall" for row in operations.list_for(session, broadcast.id))
    is_open = broadcast.frozen_at is not None and broadcast.status != BroadcastStatus.CANCELLED
    if is_open and not recalled:
        return True
    if begun:
        return False
    if recalled:
        raise Conflict(
            localized("broadcast {id} was recalled: it cannot be retried", id=broadcast.id)
        )
    raise Conflict(
        localized(
            "broadcast {id} is {status}: it cannot be retried",
            id=broadcast.id,
            status=broadcast.status,
        )
    )


def _run_again(broadcast: Broadcast) -> None:
    """Once more with each part: the engine may have finished after the one before it."""
    if broadcast.status == BroadcastStatus.DONE:
        broadcast.status = BroadcastStatus.RUNNING
        broadcast.finished_at = None


def _record_retry(
    session: Session,
    broadcast_id: int,
    actor: str,
    details: Mapping[str, Any],
    event_id: int | None,
) -> int:
    if event_id is None:
        event_id = events.add(session, broadcast_id, actor, "retry", details).id
    else:
        events.amend(session, event_id, details)
    session.flush()
    return event_id


def edit(
    write: Write,
    broadcast_id: int,
    actor: str,
    *,
    text: str,
    format: str,
    options: Mapping[str, Any] | None = None,
    variants: Mapping[str, str] | None = None,
) -> tuple[Broadcast, Operation | None]:
    """Change what is pending and, message by message, what was delivered.

    `options` and `variants` that are None stay as they are; {} removes them.
    Returns the operation that edits the delivered messages. None where there are none yet, and
    where somebody has edited the broadcast again meanwhile.
    Raises NotFound, Invalid with every fault, Conflict where it is or was recalled.

    A crash in between leaves the operation as a draft, which the schedule part finishes.
    """
    with write() as session:
        broadcast = broadcasts.lock(session, broadcast_id)
        _claim_turn(session, broadcast)
        if operations.recalled(session, [broadcast_id]):  # every call would be refused
            message = localized("broadcast {id} was recalled: it cannot be edited", id=broadcast_id)
            raise Conflict(message)
        _set_words(session, broadcast, text, format, options, variants)
        # The engine tells by `sent` whether anybody got the words as they are now.
        details = {"version": broadcast.version, "sent": broadcast.sent}
        events.add(session, broadcast_id, actor, events.EDIT, details)
        if not _delivered(broadcast):
            return broadcast, None
        number = _draft(session, broadcast, "edit").id
    broadcast, operation = _finished(write, number)
    return broadcast, None if operation.status == BroadcastStatus.CANCELLED else operation


def _set_words(
    session: Session,
    broadcast: Broadcast,
    text: str,
    format: str,
    options: Mapping[str, Any] | None,
    variants: Mapping[str, str] | None,
) -> None:
    """Raises Invalid with every fault."""
    chosen = dict(broadcast.options if options is None else options)
    kinds = [item["kind"] for item in broadcast.media]
    texts = dict(broadcast.variants if variants is None else lifecycle.lowered(variants))
    content.check(text, format, chosen, texts, kinds)
    chosen = lifecycle.resolve_topics(session, chosen)
    operations.set_content(
        session, broadcast, text=text, format=format, options=chosen, variants=texts
    )


def recall(write: Write, broadcast_id: int, actor: str) -> tuple[Broadcast, Operation | None]:
    """Stop sending and delete what was delivered, as far as Telegram still lets it.

    Returns the operation that deletes; None where it was stopped before anybody had it.
    Raises NotFound, Conflict while another recall runs, NothingToDo where there is nothing to stop
    or delete. A crash in between leaves a draft, which the schedule part or another recall
    finishes, and pending recipients, whom the engine skips.
    """
    with write() as session:
        broadcast = broadcasts.lock(session, broadcast_id)
        # A draft is finished rather than refused: whoever asks twice after a crash gets what they
        # asked for.
        operation = _draft_of_recall(session, broadcast_id) or _decide_recall(
            session, broadcast, actor
        )
    if operation is not None:
        _, operation = _finished(write, operation.id)
    return ledger_walk.skip_pending(write, broadcast_id, utcnow()), operation


def _draft_of_recall(session: Session, broadcast_id: int) -> Operation | None:
    """The draft of a recall that crashed, or that another process prepares right now."""
    for operation in operations.list_for(session, broadcast_id):
        if operation.kind == "recall" and operation.status == BroadcastStatus.DRAFT:
            return operation
    return None


def _decide_recall(session: Session, broadcast: Broadcast, actor: str) -> Operation | None:
    _claim_turn(session, broadcast)
    if broadcast.status in _CANCELLABLE:
        _change(session, broadcast, _CANCELLABLE, BroadcastStatus.CANCELLED)
    elif not _delivered(broadcast):
        raise NothingToDo(localized("no message of broadcast {id} was delivered", id=broadcast.id))
    events.add(session, broadcast.id, actor, "recall", {"delivered": broadcast.sent})
    return _draft(session, broadcast, "recall") if _delivered(broadcast) else None


def recallable(session: Session, broadcast_id: int, now: datetime | None = None) -> Recallable:
    """How many messages were delivered, how many of them are too old, and how many are unknown."""
    unknown = broadcasts.get(session, broadcast_id).unknown
    oldest = int(((now or utcnow()) - RECALL_LIMIT).timestamp())
    delivered = operations.delivered(session, broadcast_id)
    too_old = deliveries.count_sent_before(session, broadcast_id, oldest)
    return Recallable(delivered, too_old, unknown)


def decide_operation(
    session: Session, broadcast_id: int, operation_id: int, verb: Verb, actor: str
) -> Operation:
    """Pause, resume or cancel one edit or recall, and record who did. Raises NotFound, Conflict.

    Messages that it has changed already stay changed.
    """
    operation = operations.get(session, broadcast_id, operation_id)
    allowed, to = _OPERATION_VERBS[verb]
    if not operations.change_one(session, operation_id, allowed, to, utcnow()):
        raise Conflict(
            localized(
                "operation {id} is {status}: it cannot be {done}",
                id=operation_id,
                status=status_of_operation(operation),
                done=_DONE[to],
            )
        )
    details = {"operation": operation_id, "kind": operation.kind}
    events.add(session, broadcast_id, actor, verb, details)
    return operations.get(session, broadcast_id, operation_id)


# Words of the kind "done": services/i18n/words.py
_DONE: Mapping[BroadcastStatus, str] = {
    BroadcastStatus.PAUSED: "paused",
    BroadcastStatus.RUNNING: "resumed",
    BroadcastStatus.SCHEDULED: "resumed",
    BroadcastStatus.CANCELLED: "cancelled",
}
_OPERATION_VERBS: Mapping[Verb, tuple[tuple[BroadcastStatus, ...], BroadcastStatus]] = {
    "pause": (_MOVING, BroadcastStatus.PAUSED),
    "resume": ((BroadcastStatus.PAUSED,), BroadcastStatus.RUNNING),
    "cancel": (_UNFINISHED, BroadcastStatus.CANCELLED),
}


def _delivered(broadcast: Broadcast) -> bool:
    """Whether it was sent to anybody, or is being sent just now."""
    return broadcast.sent + broadcast.sending > 0


def _draft(session: Session, broadcast: Broadcast, kind: str) -> Operation:
    """Stored with the decision itself, so that after a crash it can be carried out."""
    # The cursor says that nobody knows yet who is in flight; resumed before that, it stays a draft.
    operation = Operation(
        broadcast_id=broadcast.id,
        kind=kind,
        version=broadcast.version,
        cursor=operations.UNSURVEYED,
        total=broadcast.sent,
        status=BroadcastStatus.DRAFT,
    )
    return operations.add(session, operation)


def _finished(write: Write, operation_id: int) -> tuple[Broadcast, Operation]:
    for _ in finish_draft(write, operation_id):
        pass
    with write() as session:
        operation = operations.find(session, operation_id)
        return broadcasts.get_fresh(session, operation.broadcast_id), operation


def finish_draft(write: Write, operation_id: int) -> Iterator[None]:
    """Let an edit or recall begin; yields between the parts of the ledger. Raises NotFound.

    The change was committed before: from then on the new text is sent, or nothing. So whoever was
    being sent to at that moment still is, or has the message before the operation begins. Both
    are found part by part, however large the ledger, and also later, after a crash. Some of those
    that are found may have the new text already; editing them again changes nothing.

    Two processes may do this at once: the first one to finish counts.
    """
    # In memory, not in the row: after a crash the survey begins anew.
    in_flight: list[int] = []
    newest, after = 0, None
    while True:
        with politely(write) as session:
            operation = operations.find(session, operation_id)
            # Cancelled meanwhile, or begun by another process: with each part that may have
            # happened.
            if operation.status not in _UNFINISHED or operations.is_surveyed(operation):
                return
            part = deliveries.survey(session, operation.broadcast_id, after, ROWS_PER_LOOK)
        in_flight += part.in_flight
        newest, after = max(newest, part.newest), part.last
        if after is None:
            break
        yield
    with write() as session:
        broadcast = broadcasts.lock(session, operation.broadcast_id)
        # Messages that are sent later are left alone. Never earlier than any that was sent, for
        # the clock may have been put back since.
        begun = max(utcnow(), datetime.fromtimestamp(newest, UTC))
        operations.begin(session, operation_id, in_flight, broadcast.sent, begun)


def _claim_turn(session: Session, broadcast: Broadcast) -> None:
    """End the edit that runs: there is one operation at a time. Raises Conflict for a recall."""
    for operation in operations.list_for(session, broadcast.id):
        if operation.kind == "recall" and operation.status in _UNFINISHED:
            raise Conflict(localized("broadcast {id} is being recalled", id=broadcast.id))
    operations.change_status(
        session, broadcast.id, _UNFINISHED, BroadcastStatus.CANCELLED, utcnow()
    )
