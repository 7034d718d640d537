"""Lists of chats as CSV: read line by line, checked, and taken in by the thousand.

A line is a row, so that one broken line spoils no other and its number is the editor's. Whatever
the size of the file, one batch of it is in memory.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import BinaryIO
from zoneinfo import available_timezones

from appliance.crud.chats import chat_import, topics
from appliance.crud.chats.chat_import import Entry, Known
from appliance.database import Database
from appliance.errors import Invalid
from appliance.models import ChatStatus, ChatType, utcnow

BATCH = 1000  # rows a transaction: others wait some 25 ms, with 5,000 for 170
SHOWN = 100  # bad rows that are told one by one
MAX_LINE = 64 * 1024  # bytes
MAX_CHAT_ID = 2**52  # "at most 52 significant bits", says the Bot API

COLUMNS = ("chat_id", "type", "status", *chat_import.FILLED, "topics")

_ID = re.compile(r"-?[0-9]{1,19}")
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,5})?")
_SUPERGROUPS = -1_000_000_000_000  # and channels: their ids begin with -100


class BadRow(ValueError):
    """A row that is left out; says why."""


@dataclass(slots=True)
class Report:
    """What became of a list. `bad` has the first of the bad rows, `bad_count` counts all."""

    rows: int = 0
    added: int = 0
    updated: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    bad_count: int = 0
    unread: tuple[str, ...] = ()
    """Columns nobody knows."""

    def refuse(self, line: int, reason: str) -> None:
        self.bad_count += 1
        if len(self.bad) < SHOWN:
            self.bad.append((line, reason))

    def as_document(self) -> dict[str, object]:
        return {
            "rows": self.rows,
            "added": self.added,
            "updated": self.updated,
            "bad": [{"line": line, "reason": reason} for line, reason in self.bad],
            "bad_count": self.bad_count,
        }


def take_in(
    database: Database,
    file: BinaryIO,
    topic: str | None = None,
    progress: Callable[[int], None] = lambda size: None,
) -> Report:
    """Take in a list, a transaction a batch; `topic` is one that every row is subscribed to.

    `progress` is told how many bytes each batch had. Raises Invalid when the first line is no
    header, NotFound for an unknown `topic`. Broken off and begun again it ends the same.
    """
    with database.reading() as session:
        known = {row.name: row.id for row in topics.list_all(session)}
        always = {topics.find(session, topic).id: True} if topic else {}
    lines = _lines(file)
    reader = _Reader(next(lines, b""), known, always)
    report = Report(unread=reader.unread)
    rows = enumerate(lines, 2)
    while batch := list(islice(rows, BATCH)):
        if entries := _entries(batch, reader, report):
            with database.writing() as session:
                taken = chat_import.take_in(session, list(entries.values()), utcnow())
            report.added += taken.added
            report.updated += taken.updated
        progress(sum(len(line) + 1 for _, line in batch))
    return report


def _entries(batch: list[tuple[int, bytes]], reader: "_Reader", report: Report) -> dict[int, Entry]:
    """The good rows by chat; one that comes twice is filled in by the second."""
    entries: dict[int, Entry] = {}
    for number, line in batch:
        if not line.strip():
            continue
        report.rows += 1
        try:
            entry = reader.read(line)
        except BadRow as error:
            report.refuse(number, str(error))
            continue
        first = entries.setdefault(entry.chat_id, entry)
        if first is not entry:
            first.values = entry.values | first.values
            first.topics = entry.topics | first.topics
    return entries


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends; of one over MAX_LINE only the beginning, still over it."""
    while line := file.readline(MAX_LINE + 2):
        rest = line
        while len(rest) == MAX_LINE + 2 and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE + 2)
        yield line.rstrip(b"\r\n")


class _Reader:
    """Makes entries of lines; knows the columns."""

    def __init__(
        self, header: bytes, topic_ids: Mapping[str, int], always: dict[int, bool]
    ) -> None:
        """Raises Invalid."""
        try:
            text = header.decode("utf-8-sig").lower()
            self._delimiter = ";" if text.count(";") > text.count(",") else ","
            self._columns = [name.strip() for name in self._split(text)]
        except (UnicodeDecodeError, BadRow):
            self._columns = []
        if self._columns.count("chat_id") != 1 or len(set(self._columns)) < len(self._columns):
            message = (
                "the first line takes the names of the columns, in UTF-8, each once: chat_id and,"
                f" where known, {', '.join(COLUMNS[1:])}"
            )
            raise Invalid.at("file", message)
        self.unread = tuple(name for name in self._columns if name not in COLUMNS)
        self._topic_ids = topic_ids
        self._always = always

    def read(self, line: bytes) -> Entry:
        """Raises BadRow."""
        cells = self._cells(line)
        chat_id = _chat_id(cells.get("chat_id", ""))
        return Entry(
            chat_id,
            _type(cells.get("type", ""), chat_id),
            _status(cells.get("status", "")),
            _values(cells),
            self._always | self._choices(cells.get("topics", "")),
        )

    def _cells(self, line: bytes) -> dict[str, str]:
        """What the row says, by column; nothing empty."""
        if len(line) > MAX_LINE:
            raise BadRow(f"the line is over {MAX_LINE} bytes")
        try:
            values = self._split(line.decode("utf-8"))
        except UnicodeDecodeError:
            raise BadRow("the line is not UTF-8") from None
        if len(values) > len(self._columns):
            raise BadRow(f"{len(values)} values where the header names {len(self._columns)}")
        pairs = zip(self._columns, map(str.strip, values), strict=False)
        return {name: value for name, value in pairs if value}

    def _split(self, line: str) -> list[str]:
        if '"' not in line:
            return line.split(self._delimiter)
        try:
            return next(
                csv.reader([line], delimiter=self._delimiter, skipinitialspace=True, strict=True)
            )
        except csv.Error:
            raise BadRow("a quotation mark is open or out of place") from None

    def _choices(self, cell: str) -> dict[int, bool]:
        """`news;choir;-events`: subscribed to two, opted out of the third."""
        choices = {}
        for word in filter(None, map(str.strip, cell.split(";"))):
            name = word.removeprefix("-")
            if name not in self._topic_ids:
                raise BadRow(f"there is no topic {name[:40]!r}")
            choices[self._topic_ids[name]] = not word.startswith("-")
        return choices


def _chat_id(text: str) -> int:
    if not text:
        raise BadRow("chat_id is missing")
    if not _ID.fullmatch(text):
        raise BadRow(f"chat_id takes a whole number, got {text[:40]!r}")
    number = int(text)
    if number == 0 or abs(number) >= MAX_CHAT_ID:
        raise BadRow(f"chat_id {number} is none of Telegram's")
    return number


def _type(text: str, chat_id: int) -> str:
    """As it says, as far as the id allows it; else what the id speaks for."""
    if chat_id > 0:
        allowed = [ChatType.PRIVATE]
    elif chat_id < _SUPERGROUPS:
        allowed = [ChatType.SUPERGROUP, ChatType.CHANNEL]
    else:
        allowed = [ChatType.GROUP]
    if text and text not in allowed:
        raise BadRow(f"type takes {' or '.join(allowed)} for this chat_id, got {text[:40]!r}")
    return text or allowed[0]


def _status(text: str) -> str:
    if text and text not in set(ChatStatus):
        raise BadRow(f"status takes {', '.join(ChatStatus)}, got {text[:40]!r}")
    return text or ChatStatus.ACTIVE


def _values(cells: Mapping[str, str]) -> dict[str, str]:
    values = {name: cells[name] for name in chat_import.FILLED if name in cells}
    for name, value in values.items():
        check = _CHECKS.get(name, _name)
        values[name] = check(name, value)
    return values


def _name(column: str, value: str) -> str:
    if len(value) > 255 or "\0" in value:
        raise BadRow(f"{column} takes at most 255 characters")
    return value


def _username(column: str, value: str) -> str:
    value = value.removeprefix("@")
    if not _USERNAME.fullmatch(value):
        raise BadRow(f"username takes letters, digits and _, got {value[:40]!r}")
    return value


def _language(column: str, value: str) -> str:
    code = value.lower().replace("_", "-")
    if not _LANGUAGE.fullmatch(code) or len(code) > 8:
        raise BadRow(f"language takes a code like en or ru, got {value[:40]!r}")
    return code


def _timezone(column: str, value: str) -> str:
    if value not in _zones():
        raise BadRow(f"timezone takes a name like Europe/Moscow, got {value[:40]!r}")
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


_CHECKS: dict[str, Callable[[str, str], str]] = {
    "username": _username,
    "language": _language,
    "timezone": _timezone,
}


def as_row(chat: Known) -> dict[str, str | int | None]:
    """A chat as `take_in` reads it, in the order of `COLUMNS`."""
    choices = [name if on else f"-{name}" for name, on in chat.topics.items()]
    return {
        "chat_id": chat.id,
        "type": chat.type,
        "status": chat.status,
        **chat.values,
        "topics": ";".join(choices),
    }
