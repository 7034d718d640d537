"""The delivery part: the engine under its lease."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from appliance.config import Settings
from appliance.database import Database
from appliance.delivery.client import Client
from appliance.delivery.engine import Engine
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.freezer import rehearse
from appliance.delivery.jobs import Job
from appliance.runtime.parts import LeasedPart
from appliance.runtime.simulator import Simulator
from appliance.services.leases import DELIVERY, Holding
from appliance.services.timing.steady import SteadyClock


class Delivery:
    """Makes an engine whenever the lease is won; `wake` reaches the one that runs."""

    def __init__(self, locate: Callable[[], Settings], database: Database) -> None:
        """`locate` gives the settings, with the Bot API's address, whenever the part begins."""
        self._locate = locate
        self._database = database
        self._engine: Engine | None = None
        self._clock = SteadyClock()

    def part(self) -> LeasedPart:
        return LeasedPart(Holding(self._database, DELIVERY), self.run)

    def wake(self) -> None:
        """Something was queued in this process."""
        engine = self._engine  # once: another thread may set it to None between two looks
        if engine is not None:
            engine.wake()

    def run(self, holding: Holding, stop: threading.Event) -> None:
        """Send until told to stop. Raises LeaseLost."""
        settings = self._locate()
        rehearse(self._database)  # 70 ms that the first broadcast would spend under the write lock
        client: Client[Job] = Client(settings.api_url, str(settings.bot_token))
        self._engine = Engine(
            self._database,
            client,
            holding,
            rate=settings.rate,
            config=EngineConfig.of(settings),
            clock=self._clock,
        )
        try:
            self._engine.run(stop)
        finally:
            self._engine = None
            client.close()


@contextmanager
def delivering(settings: Settings, database: Database) -> Iterator[None]:
    """An engine stands by in this process for as long as the block runs.

    It sends while no other process does: at once, or when the one that did has died.
    """
    simulator = Simulator(settings, database)
    part = Delivery(simulator.locate, database).part()
    part.start()
    try:
        yield
    finally:
        part.ask_to_stop()
        part.join()
        simulator.stop()
