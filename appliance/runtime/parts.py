"""A part that must be alone: a thread that holds a lease, or stands by until it gets it."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from appliance.database import first_line, is_busy
from appliance.outages import level_of
from appliance.services.leases import Holding, LeaseLost

log = logging.getLogger(__name__)

STANDBY_SECONDS = 1.0  # between two attempts to get the lease
RETRY_SECONDS = 2.0  # after a failure
STOP_SECONDS = 9.8  # a process ends within 10 s of SIGTERM; systemd would kill it after 15

Work = Callable[[Holding, threading.Event], None]
"""Runs the part until the event is set; raises LeaseLost when another process has taken over."""


class Part(Protocol):
    """What the runtime asks of every part. Each method may be called again."""

    name: str

    def start(self) -> None: ...

    def ask_to_stop(self) -> None: ...

    def join(self) -> None: ...

    @property
    def healthy(self) -> bool: ...


class LeasedPart:
    """Runs `work` in a thread while this process holds the lease; stands by while it does not."""

    def __init__(self, holding: Holding, work: Work) -> None:
        self.name = holding.name
        self._holding = holding
        self._work = work
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    @property
    def healthy(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def join(self) -> None:
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)  # it is a daemon: one that hangs does not keep us alive

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                waited = self._once()
            except SQLAlchemyError as error:
                reason = type(error).__name__
                log.log(level_of(error), "%s: the database cannot be used: %s", self.name, reason)
                waited = RETRY_SECONDS
            self._stop.wait(waited)

    def _once(self) -> float:
        """Run the part if the lease is free; returns the seconds to wait before the next try."""
        if not self._holding.acquire():
            return STANDBY_SECONDS
        log.info("%s runs here", self.name)
        try:
            self._work(self._holding, self._stop)
        except LeaseLost as error:
            log.warning("%s stands by: %s", self.name, error)
            return STANDBY_SECONDS
        # Whatever it was: the part begins anew, from what is committed.
        except Exception as error:
            if is_busy(error):
                log.log(level_of(error), "%s starts again: %s", self.name, first_line(error))
            else:
                log.exception("%s failed and starts again", self.name)
            # Given back, so that another process need not wait 12 s for it to run out.
            self._holding.release()
            return RETRY_SECONDS
        self._holding.release()
        return 0.0
