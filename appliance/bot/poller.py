"""Fetches updates by long polling; Telegram is told that they arrived only after the commit."""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from telebot import TeleBot

from appliance.bot.failures import RUNNING, Streak, Trial, Trouble
from appliance.bot.telegram import NOT_UPDATES, drop_webhook, get_updates
from appliance.crud import updates
from appliance.crud.settings import FLOOD, POLL_PAUSE, pause_of, prolong_pause
from appliance.crud.updates import NewUpdate
from appliance.database import Database
from appliance.errors import Invalid, Unavailable
from appliance.models import utcnow
from appliance.outages import level_of
from appliance.services.updates import read

log = logging.getLogger(__name__)

POLL_SECONDS = 4
"""A stop interrupts the poll. When the server hangs, the poll ends by itself after 4 + 5 s
(`POLL_SLACK_SECONDS`), which is within the time that a stop has."""

UNHELD_POLL_SECONDS = 1.0
"""The pause after a long poll that was not held and brought nothing new. Telegram holds it; a
server that does not (BOT_API_URL leads to something else, a proxy answers from its cache) would be
asked hundreds of times a second."""

Clock = Callable[[], datetime]


class Poller:
    """A source of updates: `step` fetches and stores. See `Webhook` for the other one."""

    def __init__(
        self,
        database: Database,
        bot: TeleBot,
        *,
        on_state: Callable[[str], None] = lambda state: None,
        clock: Clock = utcnow,
        mono: Callable[[], float] = time.monotonic,
        poll_seconds: int = POLL_SECONDS,
    ) -> None:
        """`on_state` gets a line for `appliance status` whenever it changes; `mono` is a clock that
        nobody sets, in seconds.
        """
        self.state = "starting"
        self.on_stored: Callable[[], None] = lambda: None
        self._database = database
        self._bot = bot
        self._on_state = on_state
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._offset: int | None = None
        self._ready = False
        self._interrupted = False
        self._streak = Streak()
        self._trial = Trial(mono)

    def step(self) -> float:
        """Poll once; returns the seconds to wait before the next poll. Raises nothing."""
        try:
            if not self._ready and (pause := self._prepare()):
                return pause
            # At the start and after a failure a short one, to know soon whether all is well; beside
            # another program only a held one can tell.
            held_tells = self.state == RUNNING or self._trial.pending
            timeout = self._poll_seconds if held_tells else 0
            began = time.monotonic()
            fresh = self.poll_once(timeout)
        except Exception as error:
            return 0.0 if self._interrupted else self._suffer(self._streak.judge(error))
        if self._trial.passed():
            self._streak.over()
            self._become(RUNNING, logging.INFO)
        held = time.monotonic() - began >= timeout / 2  # by half: clocks differ
        return 0.0 if fresh or held else UNHELD_POLL_SECONDS

    def poll_once(self, timeout: int, limit: int = 100) -> int:
        """Fetch, store, commit, and remember what to confirm. Returns how many updates were new.

        The offset of the next call confirms what is stored; then it is forgotten. It is not kept
        over a restart either: Telegram drops every update below an offset, and ids begin anew, and
        smaller, with another bot or after an idle week. What is fetched twice is stored once.
        """
        fetched = get_updates(self._bot, self._offset, timeout, limit)
        readable = list(_readable(fetched))
        # Not a single one that can be read: whatever answers there is not Telegram.
        if fetched and not readable:
            raise Unavailable(NOT_UPDATES)
        # Telegram has heard the offset: sent once more it would only drop what has smaller ids.
        if not readable:
            self._offset = None
            return 0
        with self._database.writing() as session:
            fresh = updates.store(session, readable, self._clock())
        # After the commit, never before: the next call with it lets Telegram forget these.
        self._offset = max(update.id for update in readable) + 1
        if fresh:
            self.on_stored()
        return fresh

    def interrupt(self) -> None:
        """Called from another thread, at the end: let Telegram end the poll that waits there.

        A second getUpdates ends the first with 409. What the second brings is dropped; it was not
        confirmed, and comes again.
        """
        self._interrupted = True
        if self.state == RUNNING:
            with suppress(Exception):  # a stop goes on whatever Telegram says
                get_updates(self._bot, self._offset, timeout=0, limit=1)

    def finish(self) -> None:
        """Confirm the last batch, at the end; updates that come with the answer are stored."""
        # In any other state Telegram asked for silence, or cannot be reached.
        if self._offset is None or self.state != RUNNING:
            return
        try:
            self.poll_once(timeout=0, limit=1)  # the least that confirms: a stop has 10 s in all
        except Exception as error:  # it comes again after the next start, and is known then
            log.info("the last updates stay unconfirmed: %s", type(error).__name__)

    def _prepare(self) -> float:
        """Before the first poll: respect a pause that Telegram asked for before a restart, and
        delete a webhook. Returns the seconds that are left of the pause, or 0.
        """
        with self._database.reading() as session:
            left = pause_of(session, POLL_PAUSE).left(self._clock().timestamp())
        if left > 0:
            self._become(f"flood: Telegram asks for {left:.0f} s of silence", logging.WARNING)
            return left
        if drop_webhook(self._bot):
            log.warning("a webhook was set for this bot; it is deleted: updates are polled for")
        self._ready = True
        return 0.0

    def _suffer(self, trouble: Trouble) -> float:
        self._become(trouble.state, trouble.level)
        self._trial.require(trouble.seconds if trouble.rival else 0.0)
        if trouble.flood:
            self._keep_pause(trouble.seconds)
        return trouble.seconds

    def _keep_pause(self, seconds: float) -> None:
        """Store the pause: after a restart, and for the engine, it must go on. Telegram's penalties
        grow to hours.
        """
        now = self._clock()
        try:
            with self._database.writing() as session:
                # FLOOD is for the engine: Telegram may mean the bot, not the method.
                for name in (FLOOD, POLL_PAUSE):
                    prolong_pause(session, name, seconds, now)
        except SQLAlchemyError as error:
            reason = type(error).__name__
            log.log(level_of(error), "the pause could not be stored: %s", reason)

    def _become(self, state: str, level: int) -> None:
        if state != self.state:
            self.state = state
            log.log(level, "updates: %s", state)
            self._on_state(state)


def _readable(fetched: Iterable[object]) -> Iterable[NewUpdate]:
    for update in fetched:
        try:
            yield read(update)
        except Invalid as error:
            log.error("passed over: %s", error)
