"""The updates part: the source of updates and their handler, under their lease."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import timedelta
from functools import partial
from typing import TypeVar

from appliance.bot.context import Site
from appliance.bot.dispatcher import Dispatcher
from appliance.bot.failures import Streak
from appliance.bot.handlers import build_router
from appliance.bot.poller import Poller
from appliance.bot.telegram import Bot, get_me, make_bot, publish_commands
from appliance.bot.updates import Source, Updates
from appliance.bot.webhook import Webhook
from appliance.bot.worker import IDLE_SECONDS, SHARED_IDLE_SECONDS, Handler
from appliance.config import Settings
from appliance.database import Database
from appliance.errors import Unavailable
from appliance.models import utcnow
from appliance.services import bot_identity
from appliance.services.leases import Holding
from appliance.services.updates import webhook_secret, webhook_url

log = logging.getLogger(__name__)

T = TypeVar("T")

UPDATES_BEAT_SECONDS = 2.0  # well within the lease's 12 s
HUNG = timedelta(seconds=30)  # no turn of the loop takes so long, the wait for Telegram included


class UpdatesPart:
    """What `LeasedPart` runs: listens to Telegram until it is told to stop."""

    def __init__(
        self,
        locate: Callable[[], Settings],
        database: Database,
        on_handled: Callable[[], None],
        *,
        by_webhook: bool,
        web_is_here: bool = False,
    ) -> None:
        """`locate` gives the settings, with the Bot API's address, whenever the part begins.

        `on_handled` is called after each commit: answers may wait in the outbox. `web_is_here`:
        the web part of this process calls `wake` when it has stored an update.
        """
        self._locate = locate
        self._database = database
        self._on_handled = on_handled
        self._by_webhook = by_webhook
        self._idle_seconds = SHARED_IDLE_SECONDS if by_webhook and not web_is_here else IDLE_SECONDS
        self._updates: Updates | None = None

    def wake(self) -> None:
        """An update was stored in this process."""
        updates = self._updates  # once: another thread may set it to None between two looks
        if updates is not None:
            updates.wake()

    def run(self, holding: Holding, stop: threading.Event) -> None:
        """Listen until told to stop. Raises LeaseLost."""
        settings = self._locate()
        bot = make_bot(str(settings.bot_token), settings.api_url)
        if not self._introduce(bot, holding, stop):
            return
        updates = self._updates = self._listen(settings, bot)
        updates.start()
        try:
            while not stop.wait(UPDATES_BEAT_SECONDS):
                hung = utcnow() - updates.alive_at > HUNG
                if not hung:  # else the lease runs out: another process may take over
                    _beat(holding, updates.state)
        finally:
            self._updates = None
            updates.stop()

    def _listen(self, settings: Settings, bot: Bot) -> Updates:
        site = Site(settings.site_url, settings.default_language, settings.timezone)
        dispatcher = Dispatcher(build_router(), site)
        handler = Handler(
            self._database,
            dispatcher,
            on_handled=self._on_handled,
            idle_seconds=self._idle_seconds,
        )
        return Updates(handler, self._source(settings, bot))

    def _source(self, settings: Settings, bot: Bot) -> Source:
        if self._by_webhook:
            return Webhook(bot, webhook_url(settings), webhook_secret(settings))
        return Poller(self._database, bot)

    def _introduce(self, bot: Bot, holding: Holding, stop: threading.Event) -> bool:
        """Ask Telegram who the bot is, for the links to it. False: told to stop first."""
        streak, state = Streak(), "starting"
        while not stop.is_set():
            try:
                identity = self._ask(partial(get_me, bot), holding, stop, state)
            except Unavailable as error:
                log.error("updates: %s", error)
                trouble = streak.judge(error)
            else:
                if identity is None:
                    return False
                with self._database.writing() as session:
                    bot_identity.store(session, identity.as_setting())
                # Once a start and without a retry: Telegram keeps the menus, and they change with
                # the program only.
                self._ask(partial(publish_commands, bot), holding, stop, state)
                return not stop.is_set()
            state = trouble.state
            self._wait(holding, stop, trouble.seconds, state)
        return False

    def _ask(
        self, question: Callable[[], T], holding: Holding, stop: threading.Event, state: str
    ) -> T | None:
        """Telegram's answer. It may take longer than a lease lasts, so that is kept meanwhile.

        None: told to stop first. Raises what `question` raises, and LeaseLost.
        """
        answer: Future[T] = Future()
        threading.Thread(target=_settle, args=(answer, question), daemon=True).start()
        while not stop.is_set():
            if wait([answer], UPDATES_BEAT_SECONDS).done:
                return answer.result()
            _beat(holding, state)
        return None

    def _wait(self, holding: Holding, stop: threading.Event, seconds: float, state: str) -> None:
        _beat(holding, state)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not stop.wait(
            min(left, UPDATES_BEAT_SECONDS)
        ):
            _beat(holding, state)


def _settle(answer: Future[T], question: Callable[[], T]) -> None:
    try:
        answer.set_result(question())
    except Exception as error:
        answer.set_exception(error)


def _beat(holding: Holding, state: str) -> None:
    holding.beat(state[:255])
