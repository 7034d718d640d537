"""What a library or the system refused, in the words of this program: what, where, what to do."""

import errno
import sys

from appliance.config import Settings
from appliance.errors import ApplianceError, ConfigError, Invalid, TryLater

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


def explained(error: Exception, settings: Settings | None) -> ApplianceError | None:
    """The domain error it means; None for a mistake of ours, whose traceback is wanted.

    `settings` name the database, where they were loaded.
    """
    if isinstance(error, UnicodeEncodeError):  # bytes that are no text here came as an argument
        return Invalid("an argument or a path is not text in this locale's encoding: use UTF-8")
    if isinstance(error, OSError):
        return of_system(error, f"cannot use {error.filename}" if error.filename else "it failed")
    return _of_database(error, settings)


def of_system(error: OSError, what: str) -> ApplianceError:
    """TryLater where only room is missing; `what` begins the line."""
    words = f"{what}: {error.strerror or error}"
    if error.errno in _NO_ROOM:
        return TryLater(f"{words}; make room and try again")
    if error.errno in _NOT_ALLOWED:
        return ConfigError(f"{words}; run as its owner or fix its mode")
    return ConfigError(words)


def _of_database(error: Exception, settings: Settings | None) -> ApplianceError | None:
    # Not imported for it: an error of a database can only come where it is.
    if "sqlalchemy" not in sys.modules:
        return None
    from appliance.database import cannot_use, is_trouble

    if not is_trouble(error):
        return None
    return cannot_use(settings.database_url if settings else None, error)
