"""`.env`: read as python-dotenv reads it, but loudly; written whole or not at all."""

import logging
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from io import StringIO
from itertools import takewhile
from pathlib import Path

from dotenv import dotenv_values

from appliance.errors import ConfigError

_LINE_END = re.compile(r"\r\n|\n|\r")


def read(path: Path) -> dict[str, str]:
    """The values of `.env`; none where there is no file. Raises ConfigError."""
    try:
        if not path.exists():
            return {}
        with path.open(encoding="utf-8", newline="") as stream:
            text = stream.read()
    except UnicodeDecodeError:
        raise ConfigError(f"cannot read {path}: it is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(
            f"cannot read {path}: {error.strerror}; run as its owner or fix its mode"
        ) from None
    return _parse(path, text)


def write(path: Path, values: Mapping[str, str]) -> None:
    """Write `.env` with mode 0600, whole or not at all."""
    text = "".join(f"{name}={_quote(value)}\n" for name, value in values.items())
    temporary = path.with_name(f".env.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, UnicodeEncodeError) as error:
        with suppress(OSError):  # where it could not be made, it cannot be removed
            temporary.unlink()
        reason = getattr(error, "strerror", None) or "a value is not UTF-8 text"
        raise ConfigError(f"cannot write {path}: {reason}") from None


def _quote(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class _Unreadable(logging.Filter):
    """The first line that python-dotenv says it cannot read: it warns of it and goes on without."""

    def __init__(self) -> None:
        super().__init__()
        self.line: int | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        if self.line is None and isinstance(record.args, tuple):
            self.line = next((value for value in record.args if isinstance(value, int)), 1)
        return False  # we say it ourselves, as an error


def _parse(path: Path, text: str) -> dict[str, str]:
    """Raises ConfigError where python-dotenv only warns: no site may start on half its settings."""
    warnings, unreadable = logging.getLogger("dotenv.main"), _Unreadable()
    level = warnings.level
    warnings.addFilter(unreadable)
    warnings.setLevel(logging.WARNING)  # whatever LOG_LEVEL lets through otherwise
    try:
        parsed = dotenv_values(stream=StringIO(text), interpolate=False)
    finally:
        warnings.setLevel(level)
        warnings.removeFilter(unreadable)
    if unreadable.line is not None:
        lines = _LINE_END.split(text)
        blank = takewhile(lambda line: not line.strip(), lines[unreadable.line - 1 :])
        number = unreadable.line + len(list(blank))  # it counts from the blank lines before
        raise ConfigError(
            f"cannot read {path}: line {number} is not NAME=VALUE, or a quote is not closed"
        )
    return {name: value for name, value in parsed.items() if value is not None}
