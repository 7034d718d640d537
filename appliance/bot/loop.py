"""A thread that calls a step again and again, until it is stopped."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from appliance.bot.failures import where
from appliance.models import utcnow

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
"""A long pause is waited for in pieces of this size, so that the heartbeat goes on."""


class Loop:
    """Calls `step`, waits as many seconds as it returns, and so on. Starts once."""

    def __init__(
        self, name: str, step: Callable[[], float], clock: Callable[[], datetime] = utcnow
    ) -> None:
        self.name = name
        self.alive_at = clock()
        """When the loop last went round."""
        self._step = step
        self._clock = clock
        self._stopped = threading.Event()
        self._woken = threading.Event()
        # A daemon: a server that accepts and never answers must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def stopping(self) -> bool:
        return self._stopped.is_set()

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """End the pause."""
        self._woken.set()

    def ask_to_stop(self) -> None:
        """Before the start as well: then no step is made."""
        self._stopped.set()
        self._woken.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end; False when the step still runs after `seconds`."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self.stopping:
            pause = self._safe_step()
            self.alive_at = self._clock()
            if pause > 0:
                self._wait(pause)

    def _safe_step(self) -> float:
        try:
            return self._step()
        except Exception as error:  # the steps catch what they expect; a bug must not end the bot
            log.error("%s: %s", self.name, where(error))
            return BEAT_SECONDS

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._woken.wait(min(left, BEAT_SECONDS)):
                break
            self.alive_at = self._clock()
        self._woken.clear()
