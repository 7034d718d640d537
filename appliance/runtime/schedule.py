"""The schedule part: broadcasts that are due, those that are too late, and tidying up."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from appliance.crud import settings, updates
from appliance.crud.accounts import link_codes, proofs
from appliance.crud.broadcasts import operations
from appliance.crud.chats import census
from appliance.crud.messages import messages
from appliance.database import Database
from appliance.models import utcnow
from appliance.services import retention
from appliance.services.broadcasts import changes, schedules
from appliance.services.content import media_cleanup
from appliance.services.leases import Holding
from appliance.services.timing.steady import SteadyClock

log = logging.getLogger(__name__)

STEP_SECONDS = 3.0  # how late a broadcast may begin
DRAFT = timedelta(seconds=30)  # by then, the process that decided on an edit or recall has died
FINISH_SECONDS = 2.0  # for long ledgers between two beats of the lease, which lasts 12 s
CENSUS_SECONDS = 300.0  # a walk over all chats, which takes a second for a million
TIDY_SECONDS = 3600.0
PRUNE_SECONDS = 86_400.0
STEADY_SECONDS = 600.0  # time servers have set a clock that was wrong at the start by then
TIDY_FILES_SECONDS = 86_400.0  # seldom: to find files without a use, it reads every message
KEEP_CALLS = timedelta(days=2)  # button answers and edits
KEEP_UPDATES = timedelta(days=30)  # so that an update is not handled again; Telegram keeps 24 h
KEEP_CODES = timedelta(days=1)  # after they ran out


class Schedule:
    """`step` does what is due; `run` is the thread around it."""

    def __init__(
        self,
        database: Database,
        data: Path | None = None,
        retention: timedelta | None = None,
    ) -> None:
        """`data` is the home's folder whose unused files are deleted.

        What is older than `retention` goes, a part at a time; None: never.
        """
        self._database = database
        self._data = data
        self._retention = retention
        self._tidy_at = self._tidy_files_at = self._census_at = self._prune_at = 0.0
        self._pruning: Iterator[tuple[str, int]] | None = None
        self._clock = SteadyClock()
        self._looked: datetime | None = None
        self._finishing: Iterator[None] | None = None

    def run(self, holding: Holding, stop: threading.Event) -> None:
        """Raises LeaseLost."""
        while not stop.is_set():
            # Before each step, in a transaction of its own: a lease that was lost shows before
            # anything is begun.
            holding.beat("running")
            self.step(utcnow(), time.monotonic())
            stop.wait(STEP_SECONDS)

    def step(self, wall: datetime, mono: float) -> None:
        # Or a clock that is a day ahead for some seconds cancels what is due tomorrow.
        now = self._clock.read(wall, mono)
        # Or a schedule waits for a slot of the former clock: a year, if that was so far ahead.
        if self._looked is None or now < self._looked:  # just begun, or the clock was set back
            schedules.realign(self._database, now)
        self._looked = now
        schedules.run_due(self._database, now)
        schedules.cancel_missed(self._database, now)
        self.finish_drafts(now)
        if mono >= self._census_at:
            self.count(now)
            self._census_at = mono + CENSUS_SECONDS
        if mono >= self._tidy_at:
            self.tidy(now)
            self._tidy_at = mono + TIDY_SECONDS
        if self._data and mono >= self._tidy_files_at:
            media_cleanup.tidy(self._database, self._data, now)
            self._tidy_files_at = mono + TIDY_FILES_SECONDS

        if self._retention is not None:
            self.prune(now - self._retention, mono)

    def prune(self, before: datetime, mono: float) -> None:
        """Delete what is older; goes on in the next step where it takes longer than one."""
        # A clock that is a year ahead would delete a year.
        if self._clock.steady_seconds(mono) < STEADY_SECONDS:
            self._pruning = None
            return
        if self._pruning is None and mono < self._prune_at:
            return
        ends = time.monotonic() + FINISH_SECONDS
        self._pruning = self._pruning or retention.prune_parts(self._database.writing, before)
        for _ in self._pruning:
            if time.monotonic() >= ends:
                return
        self._pruning, self._prune_at = None, mono + PRUNE_SECONDS

    def finish_drafts(self, now: datetime) -> None:
        """Begin edits and recalls whose process died before they could; in parts, if many."""
        ends = time.monotonic() + FINISH_SECONDS
        # Goes on where the last step stopped: a long ledger takes more than one (FINISH_SECONDS).
        self._finishing = self._finishing or self._parts_of_drafts(now)
        for _ in self._finishing:
            if time.monotonic() >= ends:
                return
        self._finishing = None

    def _parts_of_drafts(self, now: datetime) -> Iterator[None]:
        with self._database.reading() as session:
            drafts = operations.list_drafts(session, now - DRAFT, now)
        for number in drafts:
            log.warning("operation %d was decided and never begun: it is now", number)
            yield from changes.finish_draft(self._database.writing, number)

    def count(self, now: datetime) -> None:
        """Store the census for /stats, which answers while it holds the write lock."""
        with self._database.reading() as session:
            # On a snapshot: the walk takes a second for a million chats, and no writer may wait so
            # long.
            people = census.take(session).as_dict()
        with self._database.writing() as session:
            settings.put_setting(session, settings.CENSUS, people | {"at": now.timestamp()})

    def tidy(self, now: datetime) -> None:
        """Delete rows that nobody needs any more."""
        with self._database.writing() as session:
            messages.forget_calls(session, now - KEEP_CALLS)
            updates.forget_handled(session, now - KEEP_UPDATES)
            link_codes.forget(session, now - KEEP_CODES)
            proofs.forget(session, now)
