"""Leases: who runs a part that must be alone, and when it was last alive."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, false, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.models import Lease, UtcDateTime


def get_lease(session: Session, name: str) -> Lease | None:
    return session.get(Lease, name)


def list_leases(session: Session) -> Sequence[Lease]:
    return session.scalars(select(Lease).order_by(Lease.name)).all()


def acquire(
    session: Session, name: str, holder: str, now: datetime, ttl: timedelta, dead: str | None = None
) -> bool:
    """Take the lease, or keep it: True when `holder` has it until `now + ttl`.

    It is free when nobody has it, when it ran out, or when `dead` names its holder (a process of
    this machine that is known to be gone).
    """
    _ensure(session, name)
    free = or_(
        Lease.holder.is_(None),
        Lease.holder == holder,
        Lease.expires_at <= now,
        Lease.holder == dead if dead else false(),
    )
    result = session.execute(
        update(Lease)
        # In one statement: of two processes that both saw it free, the second changes no row.
        .where(Lease.name == name, free)
        .values(holder=holder, state=None, expires_at=now + ttl, heartbeat_at=now)
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def renew(
    session: Session,
    name: str,
    holder: str,
    now: datetime,
    ttl: timedelta,
    state: str | None = None,
) -> bool:
    """Prolong a lease that `holder` still has; False when it was lost."""
    result = session.execute(
        update(Lease)
        .where(Lease.name == name, Lease.holder == holder)
        .values(expires_at=now + ttl, heartbeat_at=now, state=state)
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def holds(session: Session, name: str, holder: str, now: datetime) -> bool:
    """Whether `holder` has the lease at `now`, read in the caller's transaction (a fence)."""
    parameters = {"lease": name, "by": holder, "at": now}
    return session.connection().execute(_HOLDS, parameters).first() is not None


# Built once: the engine asks 20 times a second, and building it costs more than running it.
_HOLDS = select(Lease.name).where(
    Lease.name == bindparam("lease"),
    Lease.holder == bindparam("by"),
    Lease.expires_at > bindparam("at", type_=UtcDateTime()),
)


def release(session: Session, name: str, holder: str) -> None:
    session.execute(
        update(Lease)
        .where(Lease.name == name, Lease.holder == holder)
        .values(holder=None, expires_at=None, state="stopped")
    )


def _ensure(session: Session, name: str) -> None:
    if session.get(Lease, name) is not None:
        return
    try:
        # In a savepoint: on PostgreSQL a refused row would end the caller's whole transaction.
        with session.begin_nested():
            session.add(Lease(name=name))
    except IntegrityError:  # another process made the row between the look and the insert
        session.expire_all()
