"""The simulator as a server: its thread, its port, its journal."""

import asyncio
import socket
import threading
from pathlib import Path

from aiohttp import web

from appliance.config import LOOPBACK, is_real_token
from appliance.errors import ConfigError, Unavailable
from appliance.sandbox.bot_api import BotApi
from appliance.sandbox.control.chats import ChatControl
from appliance.sandbox.control.faults import TroubleControl
from appliance.sandbox.control.guard import guard
from appliance.sandbox.control.people import PeopleControl
from appliance.sandbox.methods.webhook import Deliverer
from appliance.sandbox.world.files import UPLOAD_BYTES
from appliance.sandbox.world.flood_control import Flood, Limits
from appliance.sandbox.world.journal import Journal
from appliance.sandbox.world.state import State
from appliance.sandbox.world.world import World

# telebot puts the parameters into the address: 4096 Cyrillic letters make 24 KB.
_LINE_BYTES = 256 * 1024
# The largest file, and room for the fields beside it.
_BODY_BYTES = UPLOAD_BYTES + 1024 * 1024
# Long polls under way are cut when it stops: clients poll again anyway.
_SHUTDOWN_SECONDS = 0.1
# An engine opens hundreds of connections at once; beyond the backlog one waits a second to retry.
_BACKLOG = 1024


class Sandbox:
    """A Bot API server with simulated people, in a thread of its own, on loopback only.

    With a `journal` people and messages survive a restart. Raises ConfigError for another host or
    a token that may be a real bot's.
    """

    def __init__(
        self,
        token: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        journal: Path | None = None,
        webhook_pause: float = 1.0,
        flood: Limits | None = None,
    ) -> None:
        """`webhook_pause`: seconds to the first retry of a failed webhook call.

        `flood`: the limits on sending that flood control holds; without them all is taken.
        """
        if host not in LOOPBACK:
            raise ConfigError(
                f"host is {host!r}: the simulator listens on loopback only, such as 127.0.0.1"
            )
        if is_real_token(token):
            raise ConfigError("the simulator refuses a token that may belong to a real bot")
        self._host = "127.0.0.1" if host == "localhost" else host
        self._port = port
        self._token = token
        self._journal = Journal(journal) if journal else None
        self._webhook_pause = webhook_pause
        self._flood = flood
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    @property
    def url(self) -> str:
        """Base address, without a slash at the end; known once started."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def start(self) -> None:
        """Serve until `stop`. Returns when calls are answered.

        Raises Unavailable where the port is in use, ConfigError for an unusable journal.
        """
        if self._thread:
            return
        self._socket = self._listen()
        self._port = self._socket.getsockname()[1]
        try:
            world = self._make_world()
        except Exception:
            self._socket.close()
            raise
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(world, ready), name="sandbox", daemon=True
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Answer no more calls and close the journal. May be called twice."""
        thread, self._thread = self._thread, None
        if thread is None or self._loop is None:
            return
        # An event of asyncio may be touched by its own thread only.
        self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join()

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            # A restarted simulator wants its port at once, while connections of the former linger.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._host, self._port))
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            raise Unavailable(
                f"the simulator cannot listen on {self._host}:{self._port}: {error.strerror}"
            ) from None
        return listener

    def _make_world(self) -> World:
        state = State(self._journal)
        if self._journal:
            try:
                self._journal.open()
                state.restore()
            except Exception:
                self._journal.close()
                raise
        return World(self._token, state, flood=Flood(self._flood))

    def _run(self, world: World, ready: threading.Event) -> None:
        assert self._loop is not None  # noqa: S101 - set before the thread starts
        try:
            self._loop.run_until_complete(self._serve(world, ready))
        finally:
            ready.set()
            self._loop.close()
            if self._journal:
                self._journal.close()

    async def _serve(self, world: World, ready: threading.Event) -> None:
        assert self._socket is not None  # noqa: S101 - opened before the thread starts
        runner = web.AppRunner(
            make_app(world),
            access_log=None,  # a benchmark makes thousands of calls a second
            handle_signals=False,
            shutdown_timeout=_SHUTDOWN_SECONDS,
            max_line_size=_LINE_BYTES,
            max_field_size=_LINE_BYTES,
        )
        await runner.setup()
        await web.SockSite(runner, self._socket, backlog=_BACKLOG).start()
        deliverer = asyncio.create_task(
            Deliverer(world, self._webhook_pause, BotApi(world).reply).run()
        )
        ready.set()
        await self._stopping.wait()
        deliverer.cancel()
        await asyncio.gather(deliverer, return_exceptions=True)
        await runner.cleanup()


def make_app(world: World) -> web.Application:
    app = web.Application(middlewares=[guard], client_max_size=_BODY_BYTES)
    app.add_routes(BotApi(world).routes())
    for part in (PeopleControl(world), ChatControl(world), TroubleControl(world)):
        app.add_routes(part.routes())
    return app
