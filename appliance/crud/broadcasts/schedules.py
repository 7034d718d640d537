"""Schedules: broadcasts that are sent again and again."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.errors import Conflict, NotFound, localized
from appliance.models import MAX_ID, Schedule


def get(session: Session, schedule_id: int) -> Schedule:
    """Raises NotFound."""
    schedule = session.get(Schedule, schedule_id) if 0 < schedule_id <= MAX_ID else None
    if schedule is None:
        raise _unknown(str(schedule_id))
    return schedule


def get_fresh(session: Session, schedule_id: int) -> Schedule | None:
    """As the database has it now, whatever the session remembers; None when it is gone."""
    return session.get(Schedule, schedule_id, populate_existing=True)


def find(session: Session, name: str) -> Schedule:
    """By name, else by id. Raises NotFound."""
    schedule = session.scalar(select(Schedule).where(Schedule.name == name))
    if schedule is not None:
        return schedule
    if name.isascii() and name.isdecimal():
        return get(session, int(name[:20]))  # 20 digits are over any id already
    raise _unknown(name)


def add(session: Session, schedule: Schedule) -> Schedule:
    """Raises Conflict when the name is taken."""
    try:
        with session.begin_nested():
            session.add(schedule)
    except IntegrityError:
        raise _taken(schedule.name) from None
    return schedule


def rename(session: Session, schedule: Schedule, name: str) -> None:
    """Raises Conflict when the name is taken."""
    try:
        with session.begin_nested():
            schedule.name = name
            session.flush()
    except IntegrityError:
        raise _taken(name) from None


def remove(session: Session, schedule_id: int) -> None:
    """Its broadcasts stay. Raises NotFound."""
    gone = session.execute(delete(Schedule).where(Schedule.id == schedule_id))
    if gone.rowcount == 0:  # type: ignore[attr-defined]
        raise _unknown(str(schedule_id))


def list_page(
    session: Session, limit: int | None = None, after_id: int | None = None
) -> Sequence[Schedule]:
    """By id, from after `after_id`."""
    query = select(Schedule).order_by(Schedule.id).limit(limit)
    if after_id is not None:
        query = query.where(Schedule.id > after_id)
    return session.scalars(query).all()


def list_enabled(session: Session) -> Sequence[Schedule]:
    """Those that are not paused, by id."""
    return session.scalars(select(Schedule).where(Schedule.enabled).order_by(Schedule.id)).all()


def list_due(session: Session, now: datetime) -> Sequence[int]:
    """Ids of those with a slot that is not after `now`, the oldest slot first."""
    query = select(Schedule.id).where(Schedule.enabled, Schedule.next_at <= now)
    return session.scalars(query.order_by(Schedule.next_at, Schedule.id)).all()


def move_on(
    session: Session, schedule_id: int, was: datetime | None, next_at: datetime | None
) -> bool:
    """Wait for another slot; False when another process has moved it, paused it or deleted it.

    Whoever gets True owns what was due: the row stays locked until the end of the transaction.
    """
    # Compared and set in one statement: of two processes that saw the same slot one gets True.
    moved = session.execute(
        update(Schedule)
        .where(Schedule.id == schedule_id, Schedule.enabled, Schedule.next_at == was)
        .values(next_at=next_at)
        .execution_options(synchronize_session="fetch")
    )
    return moved.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def _unknown(name: str) -> NotFound:
    return NotFound(
        localized(
            "there is no schedule {name}; `appliance broadcast schedule list` shows all",
            name=name,
        )
    )


def _taken(name: str) -> Conflict:
    return Conflict(localized("there is a schedule named {name} already", name=name))
