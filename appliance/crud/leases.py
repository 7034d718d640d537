"""Leases: who runs a part that must be alone, and when it was last alive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, case, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.models import Lease


def get_lease(session: Session, name: str) -> Lease | None:
    return session.get(Lease, name)


def list_leases(session: Session) -> Sequence[Lease]:
    return session.scalars(select(Lease).order_by(Lease.name)).all()


@dataclass(frozen=True, slots=True)
class Seen:
    """What tells a lease that lives: it has another holder, or another sign of life."""

    holder: str | None
    epoch: int
    heartbeat_at: datetime | None


def look(session: Session, name: str) -> tuple[Seen, datetime | None]:
    """The lease as it is, and when it runs out."""
    lease = session.get(Lease, name)
    if lease is None:
        return Seen(None, 0, None), None
    return Seen(lease.holder, lease.epoch, lease.heartbeat_at), lease.expires_at


def acquire(
    session: Session,
    name: str,
    holder: str,
    now: datetime,
    ttl: timedelta,
    over: Seen | None = None,
) -> int | None:
    """Take the lease, or keep it, until `now + ttl`: its epoch, or None when it is another's.

    It is free when nobody has it, or while it is as `over` says: the caller has judged that this
    holder is gone, and no clock is asked.
    """
    _ensure(session, name)
    free = or_(Lease.holder.is_(None), Lease.holder == holder)
    if over is not None:
        as_it_was = (Lease.epoch == over.epoch, Lease.heartbeat_at == over.heartbeat_at)
        free |= and_(Lease.holder == over.holder, *as_it_was)
    return session.scalar(
        update(Lease)
        # In one statement: of two processes that both saw it free, the second changes no row.
        .where(Lease.name == name, free)
        .values(
            holder=holder,
            epoch=case((Lease.holder == holder, Lease.epoch), else_=Lease.epoch + 1),
            state=None,
            expires_at=now + ttl,
            heartbeat_at=now,
        )
        .returning(Lease.epoch)
        .execution_options(synchronize_session=False)
    )


def end_silent(session: Session, age: timedelta) -> None:
    """On PostgreSQL end the sessions whose transaction has locked a lease for so long.

    The server does so by itself where it waits for a next command, but not amid a batch of them.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_END, {"age": age.total_seconds()})


_END = text("""
    SELECT pg_terminate_backend(activity.pid)
    FROM pg_stat_activity AS activity JOIN pg_locks AS locks USING (pid)
    WHERE locks.relation = 'leases'::regclass
        AND locks.mode IN ('RowShareLock', 'RowExclusiveLock') AND locks.granted
        AND activity.datname = current_database() AND activity.usename = current_user
        AND activity.pid <> pg_backend_pid()
        AND activity.xact_start < clock_timestamp() - make_interval(secs => :age)
""")


def renew(
    session: Session,
    name: str,
    holder: str,
    epoch: int,
    now: datetime,
    ttl: timedelta,
    state: str | None = None,
) -> bool:
    """Prolong a lease that `holder` still has; False when it was lost. Locks it."""
    result = session.execute(
        update(Lease)
        .where(Lease.name == name, Lease.holder == holder, Lease.epoch == epoch)
        .values(expires_at=now + ttl, heartbeat_at=now, state=state)
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def holds(session: Session, name: str, holder: str, epoch: int) -> bool:
    """Whether `holder` has the lease, and keeps it until the caller's transaction ends (a fence).

    Also where it ran out: as long as nobody took it, a process that was late may go on.
    """
    parameters = {"lease": name, "by": holder, "since": epoch}
    return session.connection().execute(_HOLDS, parameters).first() is not None


# Built once: the engine asks 20 times a second, and building it costs more than running it.
# On PostgreSQL whoever takes over waits for this transaction's end: SHARE, for KEY SHARE would let
# them, and an UPDATE would leave 20 dead rows a second. SQLite has one writer at a time.
_HOLDS = (
    select(Lease.name)
    .where(
        Lease.name == bindparam("lease"),
        Lease.holder == bindparam("by"),
        Lease.epoch == bindparam("since"),
    )
    .with_for_update(read=True)
)


def release(session: Session, name: str, holder: str, epoch: int) -> None:
    session.execute(
        update(Lease)
        .where(Lease.name == name, Lease.holder == holder, Lease.epoch == epoch)
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
