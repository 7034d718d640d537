"""A thread that repeats a step until it is stopped."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from appliance.bot.failures import where
from appliance.models import utcnow

log = logging.getLogger(__name__)

LOOP_BEAT_SECONDS = 5.0
"""A long pause is waited for in pieces of this size, so that the heartbeat goes on: a loop without
one for 30 s counts as hung (`runtime/updates.py`)."""


class Loop:
    """Calls `step`, waits the number of seconds it returns, and repeats. Can be started once."""

    def __init__(
        self, name: str, step: Callable[[], float], clock: Callable[[], datetime] = utcnow
    ) -> None:
        self.name = name
        self.alive_at = clock()
        """When the last step ended, or a long pause was last seen to be going on."""
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
        """End the pause, or skip the next one if a step is being made."""
        self._woken.set()

    def ask_to_stop(self) -> None:
        """Make no further step. May be called before the start: then none is made at all."""
        self._stopped.set()
        self._woken.set()

    def join(self, seconds: float) -> bool:
        """Wait for the end; False when the step still runs after `seconds`."""
        if self._thread.ident is not None:  # a thread that was never started cannot be joined
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
            return LOOP_BEAT_SECONDS

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._woken.wait(min(left, LOOP_BEAT_SECONDS)):
                break
            self.alive_at = self._clock()
        # Only at the end of a pause: a wake that comes while a step is made ends the next pause at
        # once.
        self._woken.clear()
