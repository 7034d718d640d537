"""Fetches updates by long polling; Telegram is told that they arrived only after the commit."""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from telebot import TeleBot

from appliance.bot.failures import RUNNING, Streak, Trouble
from appliance.bot.telegram import drop_webhook, get_updates
from appliance.crud import updates
from appliance.crud.settings import FLOOD, POLL_PAUSE, get_setting, prolong_pause
from appliance.crud.updates import NewUpdate
from appliance.database import Database
from appliance.errors import Invalid, Unavailable
from appliance.models import utcnow
from appliance.services.updates import read

log = logging.getLogger(__name__)

POLL_SECONDS = 4
"""A stop interrupts the poll; when the server hangs, it ends after 4 + 5 s (`POLL_SLACK`)."""

Clock = Callable[[], datetime]
Tell = Callable[[str], None]


class Poller:
    """A source of updates: `step` fetches and stores. See `Webhook` for the other one."""

    def __init__(
        self,
        database: Database,
        bot: TeleBot,
        *,
        on_state: Tell = lambda state: None,
        clock: Clock = utcnow,
        poll_seconds: int = POLL_SECONDS,
    ) -> None:
        """`on_state` hears a line for `appliance status` whenever it changes."""
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

    def step(self) -> float:
        """Poll once; returns the seconds to wait before the next. Raises nothing."""
        try:
            if not self._ready and (pause := self._prepare()):
                return pause
            # At the start and after trouble a short one, to know soon whether all is well.
            self.poll_once(self._poll_seconds if self.state == RUNNING else 0)
        except Exception as error:
            return 0.0 if self._interrupted else self._suffer(self._streak.judge(error))
        self._streak.over()
        self._become(RUNNING, logging.INFO)
        return 0.0

    def poll_once(self, timeout: int, limit: int = 100) -> int:
        """Fetch, store, commit, and remember what to confirm. Returns how many were new.

        The offset confirms what is stored and is then forgotten. A start has none: what is fetched
        twice is stored once, while an offset of old would throw away what is below it, and ids
        begin anew with another bot or after an idle week.
        """
        raws = get_updates(self._bot, self._offset, timeout, limit)
        news = list(_readable(raws))
        if raws and not news:
            raise Unavailable("what getUpdates answers are no updates: check BOT_API_URL")
        if not news:
            self._offset = None
            return 0
        with self._database.writing() as session:
            fresh = updates.store(session, news, self._clock())
        self._offset = max(new.id for new in news) + 1
        if fresh:
            self.on_stored()
        return fresh

    def interrupt(self) -> None:
        """From another thread, at the end: let Telegram end the poll that waits there.

        A second getUpdates ends the first with 409. What it brings is dropped, and so not
        confirmed: it comes again.
        """
        self._interrupted = True
        if self.state == RUNNING:
            with suppress(Exception):  # a stop goes on whatever Telegram says
                get_updates(self._bot, self._offset, timeout=0, limit=1)

    def finish(self) -> None:
        """Tell Telegram of the last batch, at the end; what comes with the answer is stored."""
        if self._offset is None or self.state != RUNNING:
            return
        try:
            self.poll_once(timeout=0, limit=1)
        except Exception as error:  # it comes again after the next start, and is known then
            log.info("the last updates stay unconfirmed: %s", type(error).__name__)

    def _prepare(self) -> float:
        """Before the first poll; the seconds of a pause that was asked for before a restart."""
        with self._database.reading() as session:
            stored = get_setting(session, POLL_PAUSE) or {}
        left = float(stored.get("until", 0)) - self._clock().timestamp()
        if left > 0:
            self._become(f"flood: Telegram asks for {left:.0f} s of silence", logging.WARNING)
            return left
        if drop_webhook(self._bot):
            log.warning("a webhook was set for this bot; it is deleted: updates are polled for")
        self._ready = True
        return 0.0

    def _suffer(self, trouble: Trouble) -> float:
        self._become(trouble.state, logging.ERROR if trouble.loud else logging.WARNING)
        if trouble.flood:
            self._keep_pause(trouble.seconds)
        return trouble.seconds

    def _keep_pause(self, seconds: float) -> None:
        """A restart must not call earlier, nor anybody else: penalties grow to hours."""
        now = self._clock()
        until = now.timestamp() + seconds
        try:
            with self._database.writing() as session:
                for name in (FLOOD, POLL_PAUSE):
                    prolong_pause(session, name, until, now)
        except SQLAlchemyError as error:
            log.error("the pause could not be stored: %s", type(error).__name__)

    def _become(self, state: str, level: int) -> None:
        if state != self.state:
            self.state = state
            log.log(level, "updates: %s", state)
            self._on_state(state)


def _readable(raws: Iterable[object]) -> Iterable[NewUpdate]:
    for raw in raws:
        try:
            yield read(raw)
        except Invalid as error:
            log.error("passed over: %s", error)
