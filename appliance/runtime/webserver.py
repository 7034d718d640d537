"""The web part: waitress in a thread, stopped without cutting off who is being served.

`waitress.serve` ends when SystemExit is raised in its thread, which a signal does in a main thread
alone, and its loop then sends no more of what is being answered. So the loop is turned here, with
names that waitress does not document: tests/runtime/test_webserver.py lists them, and
pyproject.toml keeps waitress below 4.
"""

import logging
import socket
import threading
import time
from typing import Any
from wsgiref.types import WSGIApplication

from sqlalchemy.exc import SQLAlchemyError
from waitress import create_server, wasyncore

from appliance.config import Settings
from appliance.database import Database
from appliance.errors import Unavailable
from appliance.outages import level_of
from appliance.runtime.body_limits import LimitOf, channel_class
from appliance.services.leases import WEB, Holding

log = logging.getLogger(__name__)

THREADS = 4  # Python runs one at a time: more only switch more often
CONNECTIONS = 500  # waitress's own 100 are taken by a few dozen browsers that keep theirs open
FINISH_SECONDS = 6.0  # for requests under way after a stop; the whole process has 10 s to end
TURN_SECONDS = 0.25  # how soon a stop is noticed when nobody asks for anything
HUNG_SECONDS = 20.0  # a loop that has not turned for so long serves nobody
WEB_BEAT_SECONDS = 4.0  # a third of the lease's 12 s, so that one late beat does not lose it


class WebPart:
    """Serves the site on HOST:PORT."""

    name = WEB

    def __init__(
        self, app: WSGIApplication, settings: Settings, database: Database, limit_of: LimitOf
    ) -> None:
        """Binds the port. Raises Unavailable when it cannot be had."""
        self._map: dict[int, Any] = {}
        self._server = _bind(app, settings, self._map)
        for listener in self._map.values():  # a name may have several addresses
            listener.channel_class = channel_class(limit_of)
        self._holding = Holding(database, WEB)
        self._stop = threading.Event()
        self._alive_at = time.monotonic()
        self._threads = [
            threading.Thread(target=self._serve, name="web", daemon=True),
            threading.Thread(target=self._beat, name="web-beat", daemon=True),
        ]

    @property
    def healthy(self) -> bool:
        return time.monotonic() - self._alive_at < HUNG_SECONDS

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def join(self) -> None:
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(FINISH_SECONDS + 2)  # 1 s for the workers' shutdown, and a turn

    def is_busy(self) -> bool:
        """Whether somebody is being served: a request under way, or an answer not yet sent."""
        channels = [d for d in self._map.values() if hasattr(d, "requests")]
        return any(c.requests or c.total_outbufs_len for c in channels)

    def _serve(self) -> None:
        while not self._stop.is_set():
            self._turn()
        # First: whoever connects from now on is refused at once, and does not wait for a process
        # that ends.
        self._stop_accepting()
        deadline = time.monotonic() + FINISH_SECONDS
        while self.is_busy() and time.monotonic() < deadline:
            self._turn()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)
        wasyncore.close_all(self._map)

    def _turn(self) -> None:
        wasyncore.loop(timeout=TURN_SECONDS, use_poll=True, map=self._map, count=1)
        self._alive_at = time.monotonic()

    def _stop_accepting(self) -> None:
        for dispatcher in list(self._map.values()):
            if getattr(dispatcher, "accepting", False):
                dispatcher.close()

    def _beat(self) -> None:
        """Show in `status` that a web part lives; several may, the lease excludes nobody."""
        while True:
            try:
                self._holding.acquire()
            except SQLAlchemyError as error:
                reason = type(error).__name__
                log.log(level_of(error), "web: the database cannot be used: %s", reason)
            if self._stop.wait(WEB_BEAT_SECONDS):
                break
        try:
            self._holding.release()
        except SQLAlchemyError:
            log.warning("web: the lease could not be given back")


def check_port(settings: Settings) -> None:
    """Raises Unavailable when the address cannot be listened on now."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, proto) as probe:
            # As waitress does: connections of the process before this one may linger for a minute.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise _cannot_listen(settings, error) from None


def _bind(app: WSGIApplication, settings: Settings, sockets: dict[int, Any]) -> Any:
    options: dict[str, Any] = {}
    if settings.trusted_proxy:
        options = {
            "trusted_proxy": settings.trusted_proxy,
            # The last one that was added: what stands before it a visitor may have made up.
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
            "clear_untrusted_proxy_headers": True,
        }
    try:
        return create_server(
            app,
            map=sockets,
            host=settings.host,
            port=settings.port,
            threads=THREADS,
            connection_limit=CONNECTIONS,
            asyncore_use_poll=True,
            # No `Server` header: nobody need know what serves.
            ident=None,
            **options,
        )
    except (OSError, ValueError) as error:
        wasyncore.close_all(sockets)  # waitress leaves them open
        raise _cannot_listen(settings, error) from None


def _cannot_listen(settings: Settings, error: Exception) -> Unavailable:
    reason = error.strerror if isinstance(error, OSError) else "expected an address of this machine"
    if isinstance(error, socket.gaierror):
        reason = "the host name is not known"
    return Unavailable(
        f"cannot listen on {settings.host} port {settings.port}: {reason};"
        " choose another with --host, --port or HOST, PORT"
    )
