"""The updates part: the poller and the handler under their lease."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from appliance.bot.context import Site
from appliance.bot.dispatcher import Dispatcher
from appliance.bot.handlers import build_router
from appliance.bot.telegram import Bot, get_me, make_bot, publish_commands
from appliance.bot.updates import Handler, Poller, Updates
from appliance.config import Settings
from appliance.crud.settings import BOT, put_setting
from appliance.database import Database
from appliance.delivery.engine import LeaseLost
from appliance.errors import BadToken, Unavailable
from appliance.services.leases import Holding

log = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
HUNG = timedelta(seconds=30)  # a loop that has not gone round for so long is dead
INTRODUCE_SECONDS = (2.0, 60.0)  # between two tries to ask who the bot is: first, longest


class UpdatesPart:
    """What `LeasedPart` runs: listens to Telegram until it is told to stop."""

    def __init__(
        self, locate: Callable[[], Settings], database: Database, on_handled: Callable[[], None]
    ) -> None:
        """`locate` tells the settings, with the Bot API's address, whenever the part begins.

        `on_handled` is called after each update: an answer may wait in the outbox.
        """
        self._locate = locate
        self._database = database
        self._on_handled = on_handled

    def run(self, holding: Holding, stop: threading.Event) -> None:
        """Raises LeaseLost."""
        settings = self._locate()
        bot = make_bot(str(settings.bot_token), settings.api_url)
        if not self._introduce(bot, holding, stop):
            return
        updates = self._listen(settings, bot)
        updates.start()
        try:
            while not stop.wait(BEAT_SECONDS):
                hung = datetime.now(UTC) - updates.alive_at > HUNG
                if not hung:  # else the lease runs out, and the watchdog sees it
                    _beat(holding, updates.state)
        finally:
            updates.stop()

    def _listen(self, settings: Settings, bot: Bot) -> Updates:
        site = Site(settings.site_url, settings.default_language)
        dispatcher = Dispatcher(build_router(), site)
        handler = Handler(self._database, dispatcher, on_handled=self._on_handled)
        return Updates(handler, Poller(self._database, bot))

    def _introduce(self, bot: Bot, holding: Holding, stop: threading.Event) -> bool:
        """Learn who the bot is, for the links to it. False: told to stop before it was learnt."""
        pause, longest = INTRODUCE_SECONDS
        while not stop.is_set():
            try:
                identity = get_me(bot)
            except Unavailable as error:
                log.error("updates: %s", error)
                state = "bad token" if isinstance(error, BadToken) else "unreachable"
            else:
                with self._database.writing() as session:
                    put_setting(session, BOT, identity.as_setting())
                publish_commands(bot)
                return True
            self._wait(holding, stop, pause, state)
            pause = min(longest, pause * 2)
        return False

    def _wait(self, holding: Holding, stop: threading.Event, seconds: float, state: str) -> None:
        waited = 0.0
        while waited < seconds and not stop.wait(BEAT_SECONDS):
            waited += BEAT_SECONDS
            _beat(holding, state)


def _beat(holding: Holding, state: str) -> None:
    if not holding.beat(state[:255]):
        raise LeaseLost(f"another process holds the {holding.name} lease now")
