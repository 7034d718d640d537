"""Holding a lease: the right to run a part that must be alone."""

import os
import secrets
import socket
import time
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from appliance.crud import leases
from appliance.crud.leases import Seen
from appliance.database import Database
from appliance.models import utcnow

UPDATES = "updates"
DELIVERY = "delivery"
SCHEDULE = "schedule"
WEB = "web"

TTL = timedelta(seconds=12)  # a second process takes over within 15 s of a kill
SILENT = timedelta(seconds=6)  # a transaction that old is its dead holder's, none takes so long
FENCE_BEAT_SECONDS = 3.0
"""Between two signs of life of a `Fence`: several may be late before the lease runs out."""


class LeaseLost(Exception):
    """Another process took over: this one must leave alone what only one may do."""


def identity() -> str:
    """This process, so that another on the same machine can tell whether it is gone.

    Host, boot and pid namespace say which machine, pid and start time which process of it.
    """
    return f"{_machine()} {os.getpid()} {_started(os.getpid())}"


def is_gone(holder: str) -> bool:
    """Whether `holder` is a process of this machine that does not run any more."""
    # What follows `#` tells parts of one process apart: they live and die together.
    process_of, _, started = holder.partition("#")[0].rpartition(" ")
    machine, _, process = process_of.rpartition(" ")
    # Of another machine nothing can be known from here: its lease has to run out.
    return machine == _machine() and process.isdecimal() and _started(int(process)) != started


class Holding:
    """One process's claim to one lease."""

    def __init__(
        self, database: Database, name: str, *, holder: str | None = None, ttl: timedelta = TTL
    ) -> None:
        self.name = name
        # Two parts of one process may ask for the same lease: one must stand by.
        self.holder = holder or f"{identity()}#{secrets.token_hex(2)}"
        self._database = database
        self._ttl = ttl
        self._epoch = 0
        self._seen: Seen | None = None  # another's, at the last look
        self._silent_until = 0.0  # monotonic: it is free when it still looks so then

    def acquire(self, now: datetime | None = None, mono: float | None = None) -> bool:
        """Take the lease when it is free, ran out, or its holder is known to be gone."""
        mono = time.monotonic() if mono is None else mono
        # By a snapshot first: whoever stands by asks every second, and takes no write lock for it.
        with self._database.reading() as session:
            seen, runs_out = leases.look(session, self.name)
        now = now or utcnow()  # after a first transaction, which told the time
        if seen.holder not in {None, self.holder} and not self._is_over(seen, runs_out, now, mono):
            return False
        if seen.holder not in {None, self.holder}:
            with self._database.writing() as session:
                leases.end_silent(session, SILENT)
        with self._database.writing() as session:
            epoch = leases.acquire(session, self.name, self.holder, now, self._ttl, seen)
        self._epoch = epoch or 0
        return epoch is not None

    def _is_over(self, seen: Seen, runs_out: datetime | None, now: datetime, mono: float) -> bool:
        """Whether another's lease may be taken.

        By our own monotonic clock: it is over when no sign of life came for as long as it lasts. No
        wall clock that is set, here or elsewhere, makes it end early or late.
        """
        if seen.holder and is_gone(seen.holder):
            return True
        if seen != self._seen:
            whole = self._ttl.total_seconds()
            left = (runs_out - now).total_seconds() if runs_out else 0.0
            if self._seen is None:
                # At first sight the time that it names is all there is: a machine that comes up
                # again need not wait for the one it was.
                left = max(left, 0.0)
            elif left <= 0:
                left = whole
            self._seen, self._silent_until = seen, mono + min(left, whole)
        return mono >= self._silent_until

    def keep(self, session: Session, state: str | None, now: datetime | None = None) -> None:
        """Prolong it inside the caller's transaction. Raises LeaseLost."""
        # Also where it ran out: as long as nobody took it, a process that was late may go on.
        mine = (self.name, self.holder, self._epoch)
        self._require(leases.renew(session, *mine, now or utcnow(), self._ttl, state))

    def beat(self, state: str | None, now: datetime | None = None) -> None:
        """Prolong it in a transaction of its own. Raises LeaseLost."""
        with self._database.writing() as session:
            self.keep(session, state, now)

    def check(self, session: Session) -> None:
        """It must be ours, and stay so until the caller's transaction ends. Raises LeaseLost."""
        self._require(leases.holds(session, self.name, self.holder, self._epoch))

    def release(self) -> None:
        """Give it back, so that a second process need not wait."""
        with self._database.writing() as session:
            leases.release(session, self.name, self.holder, self._epoch)

    def _require(self, held: bool) -> None:
        if not held:
            raise LeaseLost(f"another process holds the {self.name} lease now")


class Fence:
    """Keeps a part that lost its lease from writing: asked first in each of its transactions.

    It gives a sign of life now and then, in one of these.
    """

    def __init__(self, holding: Holding) -> None:
        self._holding = holding
        self._beat_at = 0.0
        self.lost = False
        """Whether another process was seen to have taken over."""

    def beat_due(self, mono: float) -> bool:
        """Whether it is time for a sign of life, at these seconds of the monotonic clock."""
        return mono - self._beat_at >= FENCE_BEAT_SECONDS

    def let(self, session: Session) -> bool:
        """Whether the lease is still ours, and stays so until the transaction ends."""
        try:
            self._holding.check(session)
        except LeaseLost:
            self.lost = True
        return not self.lost

    def check(self, session: Session, state: str, wall: datetime, mono: float) -> None:
        """The lease must be ours; `state` is what `status` shows. Raises LeaseLost."""
        try:
            if self.beat_due(mono):
                self._holding.keep(session, state, wall)
                self._beat_at = mono
            else:
                self._holding.check(session)
        except LeaseLost:
            self.lost = True
            raise


def _machine() -> str:
    # Start times count from the boot, so after the next one a stranger may have both this pid and
    # this time.
    boot = _read("/proc/sys/kernel/random/boot_id")
    try:
        # Containers of one machine share its boot, may share its name, and all have a process 1.
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return f"{socket.gethostname()} {boot[:8]}{namespace.removeprefix('pid:')}"


def _started(pid: int) -> str:
    """The start time of a process in clock ticks since boot; empty when there is none."""
    stat = _read(f"/proc/{pid}/stat")
    # After the last bracket: a program's name stands in brackets, and may hold spaces and brackets.
    fields = stat.rpartition(")")[2].split()
    # a zombie (state Z) was killed and waits for its parent: it runs no more
    return fields[19] if len(fields) > 19 and fields[0] != "Z" else ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
