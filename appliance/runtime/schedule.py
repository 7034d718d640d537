"""The schedule part: broadcasts that are due, those that are too late, and tidying up."""

import logging
import threading
import time
from datetime import UTC, datetime, timedelta

from appliance.crud import links, messages, updates
from appliance.database import Database
from appliance.delivery.engine import LeaseLost
from appliance.services import recurring
from appliance.services.leases import Holding

log = logging.getLogger(__name__)

STEP_SECONDS = 3.0
TIDY_SECONDS = 3600.0
KEEP_CALLS = timedelta(days=2)  # button answers and edits
KEEP_UPDATES = timedelta(days=30)  # ids of handled updates, against a repetition
KEEP_CODES = timedelta(days=1)


class Schedule:
    """`step` does what is due; `run` is the thread around it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tidy_at = 0.0
        self._looked: datetime | None = None

    def run(self, holding: Holding, stop: threading.Event) -> None:
        """Raises LeaseLost."""
        while not stop.is_set():
            if not holding.beat("running"):
                raise LeaseLost(f"another process holds the {holding.name} lease now")
            self.step(datetime.now(UTC), time.monotonic())
            stop.wait(STEP_SECONDS)

    def step(self, now: datetime, mono: float) -> None:
        if self._looked is None or now < self._looked:  # begun just now, or the clock was put back
            recurring.realign(self._database, now)
        self._looked = now
        recurring.run_due(self._database, now)
        recurring.cancel_missed(self._database, now)
        if mono >= self._tidy_at:
            self.tidy(now)
            self._tidy_at = mono + TIDY_SECONDS

    def tidy(self, now: datetime) -> None:
        """Delete what has served."""
        with self._database.writing() as session:
            messages.forget_calls(session, now - KEEP_CALLS)
            updates.forget_handled(session, now - KEEP_UPDATES)
            links.forget(session, now - KEEP_CODES)
