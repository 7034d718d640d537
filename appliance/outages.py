"""A PostgreSQL that is restarted or cannot be reached: one line in the log, not one a thread."""

import logging
import threading
import time

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext

log = logging.getLogger(__name__)

QUIET_SECONDS = 30.0
"""Between two failures of one outage at most: every part tries again within seconds, and the last
connection of a pool shows only when it is used that it was lost."""

# Of PostgreSQL: shut down by an admin, crashed, not yet started. Where no connection is made, and
# where one breaks, there is no state at all.
_STATES = {None, "57P01", "57P02", "57P03"}


def is_away(error: BaseException) -> bool:
    """Whether a statement failed because PostgreSQL is not there, and not by what it was."""
    if not isinstance(error, sa.exc.OperationalError):
        return False
    # The errors of sqlite3 have no such attribute.
    return getattr(error.orig, "sqlstate", "none") in _STATES


def level_of(error: BaseException, otherwise: int = logging.ERROR) -> int:
    """How loudly a thread may say that its statement failed: `watch` has said already who is away.

    `otherwise` is the level of every other failure.
    """
    return logging.DEBUG if is_away(error) else otherwise


def watch(engine: sa.Engine) -> None:
    """Say it once when PostgreSQL goes away, whichever thread finds out first."""
    event.listen(engine, "handle_error", _Outage().note)


class _Outage:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed_at: float | None = None

    def note(self, context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception
        if error is not None and is_away(error) and self._is_new(time.monotonic()):
            words = str(context.original_exception).strip() or type(error).__name__
            log.error("the database is away, and is tried again: %s", words.splitlines()[0])

    def _is_new(self, mono: float) -> bool:
        with self._lock:
            before, self._failed_at = self._failed_at, mono
        return before is None or mono - before > QUIET_SECONDS
