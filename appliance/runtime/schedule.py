"""The schedule part: broadcasts that are due, those that are too late, and tidying up."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.crud import settings, updates
from appliance.crud.accounts import link_codes, proofs
from appliance.crud.broadcasts import operations
from appliance.crud.chats import census
from appliance.crud.messages import messages
from appliance.database import Database
from appliance.services.broadcasts import changes, schedules
from appliance.services.content import media_cleanup
from appliance.services.leases import Holding

log = logging.getLogger(__name__)

STEP_SECONDS = 3.0
DRAFT = timedelta(seconds=30)  # whoever decided an edit or a recall has died, or is very slow
FINISH_SECONDS = 2.0  # a turn, well within the lease
CENSUS_SECONDS = 300.0
TIDY_SECONDS = 3600.0
TIDY_FILES_SECONDS = 86_400.0  # it reads every message
KEEP_CALLS = timedelta(days=2)  # button answers and edits
KEEP_UPDATES = timedelta(days=30)  # ids of handled updates, against a repetition
KEEP_CODES = timedelta(days=1)


class Schedule:
    """`step` does what is due; `run` is the thread around it."""

    def __init__(self, database: Database, data: Path | None = None) -> None:
        """`data` is the home's folder whose unused files are deleted."""
        self._database = database
        self._data = data
        self._tidy_at = self._tidy_files_at = self._census_at = 0.0
        self._looked: datetime | None = None
        self._finishing: Iterator[None] | None = None

    def run(self, holding: Holding, stop: threading.Event) -> None:
        """Raises LeaseLost."""
        while not stop.is_set():
            holding.beat("running")
            self.step(datetime.now(UTC), time.monotonic())
            stop.wait(STEP_SECONDS)

    def step(self, now: datetime, mono: float) -> None:
        if self._looked is None or now < self._looked:  # begun just now, or the clock was put back
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

    def finish_drafts(self, now: datetime) -> None:
        """Edits and recalls whose process died before they began; a long ledger takes turns."""
        ends = time.monotonic() + FINISH_SECONDS
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
        """For /stats, whose answer is part of a writing transaction."""
        with self._database.reading() as session:
            people = census.take(session).as_dict()
        with self._database.writing() as session:
            settings.put_setting(session, settings.CENSUS, people | {"at": now.timestamp()})

    def tidy(self, now: datetime) -> None:
        """Delete what has served."""
        with self._database.writing() as session:
            messages.forget_calls(session, now - KEEP_CALLS)
            updates.forget_handled(session, now - KEEP_UPDATES)
            link_codes.forget(session, now - KEEP_CODES)
            proofs.forget(session, now)
