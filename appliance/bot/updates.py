"""Updates: fetched or received, stored, and only then confirmed and handled, one by one, in order.

A `Source` stores what comes (`Poller`) or has Telegram bring it to the site, which stores it
(`Webhook`); `Handler` handles what is stored. They share nothing but the table `updates`, so a kill
at any point loses nothing: what was not stored was not confirmed and comes again, what was stored
stays, and an update is marked as handled in the transaction that holds its effects.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from appliance.bot.loop import Loop
from appliance.bot.poller import POLL_SECONDS
from appliance.bot.worker import Handler

log = logging.getLogger(__name__)

STOP_SECONDS = 9.5
"""Limit of a stop; the runtime gives each of its parts 9.8 s, systemd the process 15."""


class Source(Protocol):
    """Where updates come from."""

    state: str
    on_stored: Callable[[], None]

    def step(self) -> float: ...

    def interrupt(self) -> None: ...

    def finish(self) -> None: ...


class Updates:
    """The part of `serve` that listens to Telegram: one thread for the source, one for the handler.

    It can be started once; another run needs another object.
    """

    def __init__(self, handler: Handler, source: Source) -> None:
        self._handler = handler
        self._source = source
        self._loops = (
            Loop("updates-listen", source.step),
            Loop("updates-handle", handler.step),
        )
        source.on_stored = self.wake

    @property
    def state(self) -> str:
        """A line for `appliance status`."""
        return self._handler.trouble or self._source.state

    @property
    def alive_at(self) -> datetime:
        """The heartbeat: that of the thread whose own is older."""
        return min(loop.alive_at for loop in self._loops)

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """Stop within 10 s; a second call does nothing. What waits stays in the table."""
        if self._loops[0].stopping:
            return
        end = time.monotonic() + STOP_SECONDS
        for loop in self._loops:
            loop.ask_to_stop()
        # After all were asked: the poll that this ends must not be followed by another.
        self._source.interrupt()
        late = [loop.name for loop in self._loops if not loop.join(end - time.monotonic())]
        if late:
            log.warning("did not stop in time: %s; nothing is lost by it", ", ".join(late))
        elif time.monotonic() < end - POLL_SECONDS:  # finishing is a call, and calls may hang
            self._source.finish()

    def wake(self) -> None:
        """End the handler's pause: something was stored."""
        self._loops[1].wake()
