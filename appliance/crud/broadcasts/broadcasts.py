"""Broadcasts: their states and counters. Their ledger is `crud/deliveries.py`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.errors import NotFound, localized
from appliance.models import MAX_ID, Broadcast, BroadcastStatus, DeliveryState, UtcDateTime

OPEN = (BroadcastStatus.SCHEDULED, BroadcastStatus.RUNNING)


def get(session: Session, broadcast_id: int) -> Broadcast:
    """Raises NotFound."""
    broadcast = session.get(Broadcast, broadcast_id) if 0 < broadcast_id <= MAX_ID else None
    return _found(broadcast, broadcast_id)


def lock(session: Session, broadcast_id: int) -> Broadcast:
    """As the database has it now, and as it stays until this transaction changes it or ends.

    For PostgreSQL; on SQLite a writing transaction is alone anyway. Raises NotFound.
    """
    session.flush()  # or what this session has changed would be read over
    in_range = 0 < broadcast_id <= MAX_ID  # PostgreSQL raises for a number above a BIGINT
    # FOR NO KEY UPDATE: rows that refer to it (ledger lines, events) can be added meanwhile.
    options: dict[str, Any] = {"populate_existing": True, "with_for_update": {"key_share": True}}
    return _found(
        session.get(Broadcast, broadcast_id, **options) if in_range else None, broadcast_id
    )


def lock_unfinished(session: Session) -> None:
    """All that are not over or not swept yet, in the order of their ids, as `lock` does with one.

    For whoever is going to change lines of several ledgers: each is locked before its lines.
    """
    ended = (BroadcastStatus.CANCELLED, BroadcastStatus.DONE)
    going_on = or_(
        Broadcast.status.not_in(ended),
        and_(Broadcast.status == BroadcastStatus.CANCELLED, Broadcast.pending > 0),
    )
    rows = select(Broadcast.id).where(going_on).order_by(Broadcast.id)
    session.execute(rows.with_for_update(key_share=True)).all()


def _found(broadcast: Broadcast | None, broadcast_id: int) -> Broadcast:
    if broadcast is None:
        raise NotFound(
            localized(
                "there is no broadcast {id}; `appliance broadcast list` shows all", id=broadcast_id
            )
        )
    return broadcast


def get_fresh(session: Session, broadcast_id: int) -> Broadcast:
    """As the database has it now, whatever the session remembers. Raises NotFound."""
    broadcast = get(session, broadcast_id)
    session.refresh(broadcast)
    return broadcast


def get_by_key(session: Session, key: str) -> Broadcast | None:
    return session.scalar(select(Broadcast).where(Broadcast.key == key))


def add(session: Session, broadcast: Broadcast) -> tuple[Broadcast, bool]:
    """Store a new broadcast; with a key that is taken, the first one's row and False."""
    if broadcast.key and (first := get_by_key(session, broadcast.key)):
        return first, False
    try:
        with session.begin_nested():
            session.add(broadcast)
    except IntegrityError:  # PostgreSQL: the key was taken since the look above
        first = get_by_key(session, broadcast.key or "")
        if first is None:
            raise
        return first, False
    return broadcast, True


def list_page(session: Session, limit: int, before_id: int | None = None) -> Sequence[Broadcast]:
    """Newest first."""
    query = select(Broadcast).order_by(Broadcast.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(Broadcast.id < before_id)
    return session.scalars(query).all()


def last_to(session: Session, audience: Mapping[str, Any]) -> int | None:
    """The newest broadcast that was begun to exactly these audience words."""
    # Compared here, not in the statement: PostgreSQL has no `=` for the type `json`.
    query = (
        select(Broadcast.id, Broadcast.audience)
        .where(Broadcast.frozen_at.is_not(None))
        .order_by(Broadcast.id.desc())
    )
    for number, stored in session.execute(query.limit(1000)):
        if stored == audience:
            return int(number)
    return None


def list_in(session: Session, statuses: Iterable[BroadcastStatus]) -> Sequence[Broadcast]:
    """Every broadcast in one of these states, oldest first."""
    query = select(Broadcast).where(Broadcast.status.in_(list(statuses))).order_by(Broadcast.id)
    return session.scalars(query.execution_options(populate_existing=True)).all()


@dataclass(frozen=True, slots=True)
class Active:
    """A broadcast the engine has something to do for."""

    id: int
    status: str
    version: int


def list_active(session: Session, now: datetime, *, lock: bool = False) -> list[Active]:
    """Scheduled ones that are due, running ones, and cancelled ones that are not swept yet; by
    priority.

    One that is too late to begin is left out, so that an engine that was away does not send it
    before the schedule part has cancelled it. With `lock` they stay as they are until this
    transaction ends: who edits or recalls one waits, and knows then who was claimed before.
    """
    rows = session.connection().execute(_ACTIVE_LOCKED if lock else _ACTIVE, {"now": now})
    # By priority only here: the statement must lock in the order of the ids.
    return [
        Active(row.id, row.status, row.version)
        for row in sorted(rows, key=attrgetter("priority", "id"))
        if row.status != BroadcastStatus.SCHEDULED
        or not _is_missed(row.cursor, row.starts_at, row.max_late, now)
    ]


def list_missed(session: Session, now: datetime) -> Sequence[Broadcast]:
    """Scheduled ones that are later than they may be, oldest first."""
    query = select(Broadcast).where(
        Broadcast.status == BroadcastStatus.SCHEDULED, Broadcast.starts_at < now
    )
    rows = session.scalars(query.order_by(Broadcast.id).execution_options(populate_existing=True))
    return [row for row in rows if _is_missed(row.cursor, row.starts_at, row.max_late, now)]


# Not in SQL: the two databases add seconds to a time each in its own way.
def _is_missed(
    cursor: int | None, starts_at: datetime | None, max_late: int | None, now: datetime
) -> bool:
    if starts_at is None or max_late is None or cursor is not None:
        return False  # with a cursor it was begun in time, and its audience is being written down
    return starts_at + timedelta(seconds=max_late) < now


_NOW = bindparam("now", type_=UtcDateTime)
_DUE = or_(Broadcast.starts_at.is_(None), Broadcast.starts_at <= _NOW)
_ACTIVE = (
    select(
        Broadcast.id,
        Broadcast.status,
        Broadcast.version,
        Broadcast.priority,
        Broadcast.cursor,
        Broadcast.starts_at,
        Broadcast.max_late,
    )
    .where(
        or_(
            Broadcast.status == BroadcastStatus.RUNNING,
            and_(Broadcast.status == BroadcastStatus.SCHEDULED, _DUE),
            and_(Broadcast.status == BroadcastStatus.CANCELLED, Broadcast.pending > 0),
        )
    )
    .order_by(Broadcast.id)  # in the order in which all lock them, and each before its ledger
)
_ACTIVE_LOCKED = _ACTIVE.with_for_update(key_share=True)


def finish(session: Session, broadcast_id: int, now: datetime) -> bool:
    """End a broadcast in which nobody is pending or being sent to; False for any other."""
    # The counters in the statement itself: a retry may have put somebody back since they were read.
    result = session.execute(
        update(Broadcast)
        .where(
            Broadcast.id == broadcast_id,
            Broadcast.status.in_(OPEN),
            Broadcast.pending == 0,
            Broadcast.sending == 0,
        )
        .values(status=BroadcastStatus.DONE, finished_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def list_sending(session: Session) -> Sequence[int]:
    """Broadcasts with deliveries in flight, or left so by a crash."""
    return session.scalars(select(Broadcast.id).where(Broadcast.sending > 0)).all()


def change_status(
    session: Session,
    broadcast_id: int,
    allowed: Iterable[BroadcastStatus],
    to: BroadcastStatus,
    **values: Any,
) -> bool:
    """Go to a state from one of the allowed ones; False when it was in none of them."""
    result = session.execute(
        update(Broadcast)
        .where(Broadcast.id == broadcast_id, Broadcast.status.in_(list(allowed)))
        .values(status=to, **values)
        .execution_options(synchronize_session="fetch")
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def add_frozen(
    session: Session,
    broadcast_id: int,
    written: int,
    cursor: int | None,
    frozen_at: datetime | None,
) -> None:
    """Count a chunk of recipients that was written into the ledger."""
    session.execute(
        update(Broadcast)
        .where(Broadcast.id == broadcast_id)
        .values(
            total=Broadcast.total + written,
            pending=Broadcast.pending + written,
            cursor=cursor,
            frozen_at=frozen_at,
        )
        .execution_options(synchronize_session=False)
    )


def move_counts(
    session: Session,
    broadcast_id: int,
    changes: Mapping[DeliveryState, int],
    reasons: Mapping[str, int] | None = None,
) -> None:
    """Add to the counters, in the transaction that changes the deliveries."""
    # Added by the database and not here: on PostgreSQL others may add to them at the same time.
    if any(changes.values()):
        deltas = {f"{state.word}_by": changes.get(state, 0) for state in DeliveryState}
        session.connection().execute(_MOVE, {"broadcast": broadcast_id, **deltas})
    if reasons:
        stored = session.scalar(select(Broadcast.reasons).where(Broadcast.id == broadcast_id)) or {}
        merged = dict(stored)
        for reason, change in reasons.items():
            merged[reason] = merged.get(reason, 0) + change
        nonzero = {reason: number for reason, number in merged.items() if number}
        session.execute(
            update(Broadcast)
            .where(Broadcast.id == broadcast_id)
            .values(reasons=nonzero)
            .execution_options(synchronize_session=False)
        )


# Built once: building a statement costs more than running it, and this one runs 20 times a second.
_MOVE = (
    update(Broadcast)
    .where(Broadcast.id == bindparam("broadcast"))
    .values(
        {
            state.word: getattr(Broadcast, state.word) + bindparam(f"{state.word}_by")
            for state in DeliveryState
        }
    )
)
