"""Edits and recalls: how far each has come, and the messages it still has to change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, literal, or_, select, update
from sqlalchemy.orm import Session

from appliance.crud.broadcasts import events
from appliance.errors import NotFound, localized
from appliance.models import (
    MAX_ID,
    Broadcast,
    BroadcastStatus,
    Delivery,
    DeliveryState,
    Operation,
)

Delivered = tuple[int, int, int]
"""Chat id, message id, when it was sent (seconds since 1970)."""


UNSURVEYED = -MAX_ID - 1
"""The cursor, before any chat, while it is not known yet who was in flight when it was decided."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an operation has come: the last chat with all before it done, and those that are
    still to be looked at again."""

    cursor: int | None
    late: frozenset[int]


def add(session: Session, operation: Operation) -> Operation:
    session.add(operation)
    session.flush()
    return operation


def find(session: Session, operation_id: int) -> Operation:
    """As the database has it now. Raises NotFound."""
    operation = session.get(Operation, operation_id, populate_existing=True)
    if operation is None:
        raise NotFound(f"there is no operation {operation_id}")
    return operation


def get(session: Session, broadcast_id: int, operation_id: int) -> Operation:
    """As the database has it now. Raises NotFound, also for one of another broadcast."""
    in_range = 0 < operation_id <= MAX_ID
    operation = session.get(Operation, operation_id, populate_existing=True) if in_range else None
    if operation is None or operation.broadcast_id != broadcast_id:
        raise NotFound(
            localized(
                "broadcast {id} has no operation {number}", id=broadcast_id, number=operation_id
            )
        )
    return operation


def list_for(session: Session, broadcast_id: int) -> Sequence[Operation]:
    """What was done to a broadcast, oldest first."""
    query = select(Operation).where(Operation.broadcast_id == broadcast_id).order_by(Operation.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def recalled(session: Session, broadcast_ids: Iterable[int]) -> frozenset[int]:
    """Those of the broadcasts that were recalled, or are being; a cancelled recall is none."""
    query = select(Operation.broadcast_id).where(
        Operation.broadcast_id.in_(broadcast_ids),
        Operation.kind == "recall",
        Operation.status != BroadcastStatus.CANCELLED,
    )
    return frozenset(session.scalars(query))


def list_running(session: Session) -> list[int]:
    return [number for (number,) in session.connection().execute(_RUNNING)]


_RUNNING = (
    select(Operation.id).where(Operation.status == BroadcastStatus.RUNNING).order_by(Operation.id)
)


def list_drafts(session: Session, before: datetime, now: datetime) -> Sequence[int]:
    """Those decided before a moment whose ledger nobody has surveyed, oldest first.

    So is one from the future: the clock was put back since.
    """
    query = select(Operation.id).where(
        Operation.status == BroadcastStatus.DRAFT,
        or_(Operation.created_at < before, Operation.created_at > now),
    )
    return session.scalars(query.order_by(Operation.id)).all()


def is_surveyed(operation: Operation) -> bool:
    """Whether it is known which messages it is about; it may be paused before that is so."""
    return operation.cursor != UNSURVEYED


def begin(
    session: Session, operation_id: int, late: Sequence[int], total: int, created_at: datetime
) -> bool:
    """The ledger was surveyed: it runs, or if it was paused meanwhile it can.

    False, and nothing is changed, when somebody else did that or it was cancelled.
    """
    # Whoever decided and the schedule part may both have surveyed the ledger: the first counts.
    operation = _lock(session, operation_id)
    open_ = (BroadcastStatus.DRAFT, BroadcastStatus.PAUSED)
    if operation is None or is_surveyed(operation) or operation.status not in open_:
        return False
    operation.cursor, operation.late = None, list(late)
    operation.total, operation.created_at = total, created_at
    if operation.status == BroadcastStatus.DRAFT:
        operation.status = BroadcastStatus.RUNNING
    session.flush()
    return True


def change_status(
    session: Session,
    broadcast_id: int,
    allowed: Iterable[BroadcastStatus],
    to: BroadcastStatus,
    now: datetime | None = None,
) -> int:
    """Pause, resume or cancel what is being done to a broadcast. Returns how many changed."""
    result = session.execute(
        update(Operation)
        .where(Operation.broadcast_id == broadcast_id, Operation.status.in_(list(allowed)))
        .values(status=_reached(to), finished_at=now if to == BroadcastStatus.CANCELLED else None)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def change_one(
    session: Session,
    operation_id: int,
    allowed: Iterable[BroadcastStatus],
    to: BroadcastStatus,
    now: datetime,
) -> bool:
    """The same for a single one; False when it was in none of the allowed states."""
    result = session.execute(
        update(Operation)
        .where(Operation.id == operation_id, Operation.status.in_(list(allowed)))
        .values(status=_reached(to), finished_at=now if to == BroadcastStatus.CANCELLED else None)
        .execution_options(synchronize_session="fetch")
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def pause_running(session: Session, operation_id: int, reason: str, now: datetime) -> None:
    """The engine cannot or must not go on with it, for a reason that a person should read."""
    running = (BroadcastStatus.RUNNING,)
    if change_one(session, operation_id, running, BroadcastStatus.PAUSED, now):
        operation = session.get_one(Operation, operation_id)
        details = {"operation": operation_id, "kind": operation.kind, "reason": reason}
        events.add(session, operation.broadcast_id, "engine", "pause", details, now)


def _reached(to: BroadcastStatus) -> ColumnElement[str]:
    """One that was paused before its ledger was surveyed does not run when it is resumed."""
    if to != BroadcastStatus.RUNNING:
        return literal(str(to))
    unsurveyed = Operation.cursor == UNSURVEYED
    return case((unsurveyed, str(BroadcastStatus.DRAFT)), else_=str(to))


def delivered(session: Session, broadcast_id: int) -> int:
    """How many messages of a broadcast can be edited or deleted by their id; walks its ledger."""
    query = select(func.count()).where(
        Delivery.broadcast_id == broadcast_id,
        Delivery.state == DeliveryState.SENT,
        Delivery.message_id.is_not(None),
    )
    return session.scalar(query) or 0


def peek_delivered(
    session: Session, broadcast_id: int, after: int | None, limit: int, until: int = MAX_ID
) -> list[Delivered]:
    """The next delivered messages, by chat id; none that was sent later than `until`."""
    # A number for "from the beginning", so that one statement serves: groups have ids below zero.
    start = after if after is not None else -MAX_ID - 1
    parameters = {"broadcast": broadcast_id, "after": start, "most": limit, "until": until}
    rows = session.connection().execute(_DELIVERED, parameters)
    return [(chat_id, int(message_id or 0), at) for chat_id, message_id, at in rows]


_DELIVERED = (
    select(Delivery.chat_id, Delivery.message_id, Delivery.updated_at)
    .where(
        Delivery.broadcast_id == bindparam("broadcast"),
        Delivery.chat_id > bindparam("after"),
        Delivery.state == DeliveryState.SENT,
        Delivery.message_id.is_not(None),
        Delivery.updated_at <= bindparam("until"),
    )
    .order_by(Delivery.chat_id)
    .limit(bindparam("most"))
)


def find_delivered(
    session: Session, broadcast_id: int, chat_ids: Iterable[int]
) -> tuple[list[Delivered], bool]:
    """These chats' messages, by chat id, and whether some are still being sent."""
    query = select(
        Delivery.chat_id, Delivery.message_id, Delivery.updated_at, Delivery.state
    ).where(Delivery.broadcast_id == broadcast_id, Delivery.chat_id.in_(list(chat_ids)))
    rows = session.execute(query.order_by(Delivery.chat_id)).all()
    sent = [(c, m, at) for c, m, at, state in rows if state == DeliveryState.SENT and m]
    return sent, any(state == DeliveryState.SENDING for *_, state in rows)


def advance(
    session: Session,
    operation_id: int,
    was: Progress,
    to: Progress,
    counts: Mapping[str, int],
    reasons: Mapping[str, int],
) -> bool:
    """Store how far it has come, and add what became of the messages up to there.

    False, and nothing is changed, unless it runs and stands where it `was`: else it was paused or
    cancelled, or somebody else went on with it, and these messages would be counted twice.
    """
    operation = _lock(session, operation_id)
    if (
        operation is None
        or operation.status != BroadcastStatus.RUNNING
        or _progress_of(operation) != was
    ):
        return False
    # The cursor and the counters in one transaction: after a crash what comes after the cursor
    # is done once more, which Telegram takes for done, and is counted once.
    operation.cursor = to.cursor
    operation.late = sorted(to.late)
    operation.done += counts.get("done", 0)
    operation.failed += counts.get("failed", 0)
    operation.too_old += counts.get("too_old", 0)
    # who was in flight when it began is counted when the message has arrived
    operation.total = max(operation.total, operation.done + operation.failed + operation.too_old)
    if reasons:
        merged = dict(operation.reasons)
        for reason, number in reasons.items():
            merged[reason] = merged.get(reason, 0) + number
        operation.reasons = merged
    session.flush()
    return True


def finish(session: Session, operation_id: int, now: datetime) -> bool:
    """Nothing is left to do; False, and nothing is changed, when it does not run."""
    operation = _lock(session, operation_id)
    if operation is None or operation.status != BroadcastStatus.RUNNING:
        return False
    operation.status = BroadcastStatus.DONE
    operation.finished_at = now
    # it began with all that were sent; one without a known message cannot be changed
    operation.total = operation.done + operation.failed + operation.too_old
    session.flush()
    return True


def _lock(session: Session, operation_id: int) -> Operation | None:
    session.flush()
    options: dict[str, Any] = {"populate_existing": True, "with_for_update": {"key_share": True}}
    return session.get(Operation, operation_id, **options)


def _progress_of(operation: Operation) -> Progress:
    return Progress(operation.cursor, frozenset(operation.late))


def set_content(session: Session, broadcast: Broadcast, **values: object) -> None:
    """Change what a broadcast says; its version goes up, so that nobody sends the old words."""
    for name, value in values.items():
        setattr(broadcast, name, value)
    broadcast.version += 1
    session.flush()
