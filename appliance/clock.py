"""The time by which the program judges: that of the machine, or of a database that serves several.

Two machines never show the same time, and one that is an hour ahead would send what is due in an
hour. So on PostgreSQL the server's clock counts: each transaction brings its time, and between two
of them the monotonic clock goes on, which nobody sets.
"""

import time
from datetime import UTC, datetime

SLOW_SECONDS = 1.0
"""An answer that took longer says too little: it may have waited here, in a process that slept."""


class _Server:
    """Of the database: how far its clock is from our monotonic one; None: there is no server."""

    offset: float | None = None


_server = _Server()  # a process has one database, and so one clock


def now() -> datetime:
    """In UTC."""
    return datetime.fromtimestamp(time.time() + ahead(), UTC)


def ahead() -> float:
    """How many seconds the time that counts is ahead of this machine's clock."""
    offset = _server.offset
    return 0.0 if offset is None else offset + time.monotonic() - time.time()


def follow(server: float, asked: float, answered: float) -> None:
    """The server said that it is `server` (seconds since 1970) between two monotonic times."""
    if _server.offset is None or answered - asked <= SLOW_SECONDS:
        _server.offset = server - (asked + answered) / 2


def follow_nobody() -> None:
    """The database is a file of this machine."""
    _server.offset = None
