"""Updates: fetched or received, stored, and only then confirmed and handled, one by one, in order.

`Poller` fetches and stores, `receive` stores what a webhook brings, `Handler` handles what is
stored. They meet in the table `updates` and nowhere else, so a kill at any point loses nothing:
what was not stored was not confirmed and comes again, what was stored is not forgotten, and what is
handled is marked so in the transaction that holds its effects.
"""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy.exc import OperationalError
from telebot import TeleBot

from appliance.bot.dispatcher import Dispatcher
from appliance.bot.loop import Loop
from appliance.bot.people import chat_id_of
from appliance.bot.telegram import drop_webhook, get_updates
from appliance.bot.trouble import RUNNING, judge, where
from appliance.crud import updates
from appliance.crud.updates import NewUpdate
from appliance.database import Database
from appliance.errors import Invalid, Unavailable
from appliance.models import MAX_ID, utcnow

log = logging.getLogger(__name__)

POLL_SECONDS = 4
"""A stop interrupts the poll; when the server hangs, it ends after 4 + 5 s (`POLL_SLACK`)."""

STOP_SECONDS = 9.5
IDLE_SECONDS = 0.5
"""How soon the handler sees what another process stored; its own poller wakes it at once."""

MAX_TRIES = 5
"""Of one update while the database fails; then it is the update's fault."""

Clock = Callable[[], datetime]
Tell = Callable[[str], None]


class Poller:
    """Fetches updates and stores them; Telegram is told that they arrived only after the commit."""

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
        self._tries = 0

    def step(self) -> float:
        """Poll once; returns the seconds to wait before the next. Raises nothing."""
        try:
            if not self._ready:
                self._prepare()
            # At the start and after trouble a short one, to know soon whether all is well.
            self.poll_once(self._poll_seconds if self.state == RUNNING else 0)
        except Exception as error:
            if self._interrupted:
                return 0.0
            trouble = judge(error, self._tries)
            self._tries += 1
            self._become(trouble.state, logging.ERROR if trouble.loud else logging.WARNING)
            return trouble.seconds
        self._tries = 0
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

    def confirm(self) -> None:
        """Tell Telegram of the last batch, at the end; what comes with the answer is stored."""
        if self._offset is None or self.state != RUNNING:
            return
        try:
            self.poll_once(timeout=0, limit=1)
        except Exception as error:  # it comes again after the next start, and is known then
            log.info("the last updates stay unconfirmed: %s", type(error).__name__)

    def _prepare(self) -> None:
        if drop_webhook(self._bot):
            log.warning("a webhook was set for this bot; it is deleted, for BOT_MODE is polling")
        self._ready = True

    def _become(self, state: str, level: int) -> None:
        if state != self.state:
            self.state = state
            log.log(level, "updates: %s", state)
            self._on_state(state)


class Handler:
    """Handles stored updates in the order of their arrival, each in one transaction."""

    def __init__(
        self,
        database: Database,
        dispatcher: Dispatcher,
        *,
        on_handled: Callable[[], None] = lambda: None,
        clock: Clock = utcnow,
    ) -> None:
        """`on_handled` is called after each update: an answer may wait in the outbox."""
        self._database = database
        self._dispatcher = dispatcher
        self._on_handled = on_handled
        self._clock = clock
        self._failing: tuple[int, int] = (0, 0)  # the update the database fails at, and how often

    def step(self) -> float:
        """Handle one update; returns the seconds to wait before the next. Raises nothing."""
        seq = None
        try:
            with self._database.reading() as session:
                seq = updates.next_waiting(session)
            if seq is None:
                return IDLE_SECONDS
            self._handle(seq)
        except Exception as error:
            return self._pause(error, seq)
        self._failing = (0, 0)
        self._on_handled()
        return 0.0

    def run_through(self) -> int:
        """Handle everything that waits. Returns how many."""
        count = 0
        while self.step() == 0:
            count += 1
        return count

    def _handle(self, seq: int) -> None:
        now = self._clock()
        try:
            with self._database.writing() as session:
                row = updates.claim(session, seq, now)
                if row is not None:
                    self._dispatcher.dispatch(session, row.payload, now)
                    row.payload = {}  # kept for as long as it is needed
        except OperationalError as error:
            if self._tries(seq) < MAX_TRIES:
                raise  # locked, a full disk: nobody's fault, so try again
            self._give_up(seq, error, now)
        except Exception as error:
            self._give_up(seq, error, now)

    def _give_up(self, seq: int, error: Exception, now: datetime) -> None:
        """Set a broken update aside, tell the person, go on. Raises when the database fails."""
        log.error("update %d is set aside: %s", seq, where(error))
        with self._database.writing() as session:
            row = updates.claim(session, seq, now)
            if row is None:
                return
            row.error = type(error).__name__[:255]
            payload = row.payload
        try:
            with self._database.writing() as session:
                self._dispatcher.apologise(session, payload, now)
        except Exception as second:
            log.error("update %d: no apology either: %s", seq, where(second))

    def _tries(self, seq: int) -> int:
        return self._failing[1] if self._failing[0] == seq else 0

    def _pause(self, error: Exception, seq: int | None) -> float:
        tries = self._tries(seq or 0)
        trouble = judge(error, tries)
        self._failing = (seq or 0, tries + 1)
        log.error("updates wait: %s (%s)", trouble.state, type(error).__name__)
        return trouble.seconds


class Updates:
    """The part of `serve` that listens to Telegram: a thread that fetches, one that handles.

    Without a poller (webhook) it only handles. It starts once; for another run make another.
    """

    def __init__(self, handler: Handler, poller: Poller | None = None) -> None:
        self._poller = poller
        self._handling = Loop("updates-handle", handler.step)
        self._polling = Loop("updates-poll", poller.step) if poller else None
        if poller:
            poller.on_stored = self.wake

    @property
    def state(self) -> str:
        """A line for `appliance status`."""
        return self._poller.state if self._poller else RUNNING

    @property
    def alive_at(self) -> datetime:
        """The heartbeat: when the slower of the threads last went round."""
        return min(loop.alive_at for loop in self._loops)

    @property
    def _loops(self) -> list[Loop]:
        return [loop for loop in (self._polling, self._handling) if loop]

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """Stop within 10 s; a second call finds nothing to do. What waits stays in the table."""
        if self._handling.stopping:
            return
        end = time.monotonic() + STOP_SECONDS
        for loop in self._loops:
            loop.ask_to_stop()
        if self._poller:
            self._poller.interrupt()
        late = [loop.name for loop in self._loops if not loop.join(end - time.monotonic())]
        if late:
            log.warning("did not stop in time: %s; nothing is lost by it", ", ".join(late))
        elif self._poller and time.monotonic() < end - POLL_SECONDS:
            self._poller.confirm()

    def wake(self) -> None:
        """There is something to handle."""
        self._handling.wake()


def receive(database: Database, raw: object, now: datetime | None = None) -> bool:
    """Store an update that a webhook brought; False when it is known already. Raises Invalid."""
    new = _read(raw)
    with database.writing() as session:
        return updates.store(session, [new], now or utcnow()) == 1


def _readable(raws: Iterable[object]) -> Iterable[NewUpdate]:
    for raw in raws:
        try:
            yield _read(raw)
        except Invalid as error:
            log.error("passed over: %s", error)


def _read(raw: object) -> NewUpdate:
    payload: dict[str, Any] = raw if isinstance(raw, dict) else {}
    update_id = payload.get("update_id")
    if type(update_id) is not int or not 0 <= update_id <= MAX_ID:
        raise Invalid("this is no update: it has no update_id")
    return NewUpdate(update_id, chat_id_of(payload), payload)
