"""Log lines on stderr, as text for people or JSON for programs; no token in any of them."""

import logging
import re
import sys
from datetime import UTC, datetime

from appliance.config import Settings
from appliance.printable import as_json, printable

_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{30,128}|\bapl_[A-Za-z0-9_-]{40}")  # bot's, API's


def set_up(settings: Settings) -> None:
    """Once a process, by the command that runs it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for noisy in ("urllib3", "alembic", "TeleBot", "waitress.queue"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def redact(text: str) -> str:
    """The text without any token."""
    return _TOKEN.sub("<token>", text)


class TextFormatter(logging.Formatter):
    """`2026-11-23T05:15:00Z INFO    appliance.delivery: …`"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return _time(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        # What others wrote may be in it, and must not look like a line of its own.
        record.message = record.message.replace("\n", "\\n")
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        # The whole line, traceback included: an exception may carry an address with the token.
        return printable(redact(super().format(record)))


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, and a traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        document = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            document["traceback"] = redact(self.formatException(record.exc_info))
        return as_json(document)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
