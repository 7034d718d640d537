"""The Telegram simulator of sandbox mode: in this process, or in another of the same home."""

import dataclasses
import logging
import threading
from typing import TYPE_CHECKING

from appliance.config import Settings
from appliance.crud.settings import SANDBOX, put_setting, simulator_url
from appliance.database import Database
from appliance.errors import Unavailable

if TYPE_CHECKING:
    from appliance.sandbox.server import Sandbox

log = logging.getLogger(__name__)


class Simulator:
    """Knows where the Bot API is, and starts a simulator where this home has none running."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._sandbox: Sandbox | None = None
        self._lock = threading.Lock()  # several parts may begin at once

    def locate(self) -> Settings:
        """The settings with the Bot API's address in them. Raises Unavailable.

        Each part asks whenever it begins: the process whose simulator it used may have ended.
        """
        if not self._settings.sandbox or self._settings.bot_api_url is not None:
            return self._settings
        with self._lock:
            return dataclasses.replace(self._settings, bot_api_url=self._url())

    def stop(self) -> None:
        if self._sandbox:
            self._sandbox.stop()

    def _url(self) -> str:
        # Here and not above: the simulator's HTTP server costs 250 ms and 12 MB, which a process
        # that talks to the real Telegram, or to another's simulator, need not pay.
        from appliance.sandbox.server import Sandbox

        if self._sandbox is None:
            self._settings.data.mkdir(parents=True, exist_ok=True)
            sandbox = Sandbox(
                str(self._settings.bot_token), journal=self._settings.data / "sandbox.jsonl"
            )
            try:
                sandbox.start()
            except Unavailable:  # the journal is another process's: so is the simulator
                return self._known()
            log.info("the Telegram simulator listens at %s", sandbox.url)
            with self._database.writing() as session:
                # For the other processes of this home: `_known` and `appliance sandbox` find it by
                # this.
                put_setting(session, SANDBOX, {"url": sandbox.url})
            self._sandbox = sandbox
        return self._sandbox.url

    def _known(self) -> str:
        with self._database.reading() as session:
            url = simulator_url(session)
        if url is None:
            raise Unavailable("another simulator of this home is starting: try again")
        return url
