"""One process with its parts: starts them in order, watches them, stops them together."""

import logging
import threading
from types import TracebackType

from appliance.config import Settings
from appliance.database import Database, check_schema
from appliance.runtime.delivery import Delivery
from appliance.runtime.parts import LeasedPart, Part
from appliance.runtime.schedule import Schedule
from appliance.runtime.simulator import Simulator
from appliance.runtime.systemd import Systemd
from appliance.runtime.updates import UpdatesPart
from appliance.runtime.webserver import WebPart, check_port
from appliance.services.leases import SCHEDULE, UPDATES, Holding
from appliance.web import body_limits, create_app

log = logging.getLogger(__name__)

WATCH_SECONDS = 5.0  # systemd restarts a service that has been silent for 30 s


class Runtime:
    """`start`, `wait`, `stop`; a context manager does the first and the last."""

    def __init__(
        self, settings: Settings, *, web: bool = True, bot: bool = True, by_webhook: bool = False
    ) -> None:
        """`by_webhook`: updates come by webhook, whatever BOT_MODE says.

        Checks the schema, starts the simulator where one is needed, binds the port.

        Raises SchemaError, ConfigError, Unavailable, with nothing left running.
        """
        check_schema(settings)
        self._app = create_app(settings, on_update=self._wake_updates) if web else None
        self.database = Database.of(self._app) if self._app else Database(settings.database_url)
        self._simulator = Simulator(settings, self.database)
        self._by_webhook = by_webhook or settings.bot_mode == "webhook"
        self._systemd = Systemd()
        self._stopped = threading.Event()
        self._updates: UpdatesPart | None = None
        try:
            if web:
                check_port(settings)  # before a simulator is started for nothing
            self.settings = self._simulator.locate()
            self._parts = self._make_parts(web, bot and settings.bot_enabled)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> "Runtime":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        for part in self._parts:
            part.start()
        self._systemd.ready()

    def wait(self, stop: threading.Event) -> None:
        """Until somebody asks to stop; meanwhile tell systemd that every part lives."""
        while not stop.wait(WATCH_SECONDS):
            dead = [part.name for part in self._parts if not part.healthy]
            # Silence is the alarm: systemd starts the whole process again.
            if dead:
                log.error("not alive: %s", ", ".join(dead))
            else:
                self._systemd.alive()

    def stop(self) -> None:
        """Within 10 s: finish requests, record what is in flight. Twice is fine."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self._systemd.stopping()
        # All are asked before the first is waited for: each may need most of the 10 s.
        for part in self._parts:
            part.ask_to_stop()
        for part in self._parts:
            part.join()
        self._close()

    def _make_parts(self, web: bool, bot: bool) -> list[Part]:
        parts: list[Part] = []
        delivery = Delivery(self._simulator.locate, self.database)
        updates = self._updates = UpdatesPart(
            self._simulator.locate,
            self.database,
            delivery.wake,
            by_webhook=self._by_webhook,
            web_is_here=web,
        )
        if self._app:
            limit_of = body_limits(self._app)
            parts.append(WebPart(self._app, self.settings, self.database, limit_of))
        if bot:
            parts.append(delivery.part())
            parts.append(LeasedPart(Holding(self.database, UPDATES), updates.run))
        schedule = Schedule(self.database, self.settings.data, self.settings.retention)
        parts.append(LeasedPart(Holding(self.database, SCHEDULE), schedule.run))
        return parts

    def _wake_updates(self) -> None:
        """The site has stored an update; it is made before the part that handles them."""
        if self._updates is not None:
            self._updates.wake()

    def _close(self) -> None:
        self._simulator.stop()
        self.database.dispose()
