"""Lists of chats as CSV: read line by line, checked, and stored a thousand at a time.

A line is a row (no cell has a line feed in it), so that a broken line breaks no other, and its
number is the one an editor shows. One batch is in memory, however large the file.
"""

import csv
import re
from codecs import BOM_UTF8
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
from appliance.services.chats.csv_lines import MAX_LINE, lines
from appliance.services.spreadsheet import restored

BATCH = 1000  # rows a transaction: others wait some 25 ms, with 5,000 for 170
SHOWN = 100  # bad rows that are listed one by one; the others are counted
MAX_CHAT_ID = 2**52  # "at most 52 significant bits", says the Bot API

COLUMNS = ("chat_id", "type", "status", *chat_import.FILLED, "topics")

_IDS = ("chat_id", "user_id", "id")  # the first that is there
_SEPARATOR = re.compile(rb"sep=([,;\t])\s*", re.IGNORECASE)
_ID = re.compile(r"-?[0-9]{1,19}")
_USERNAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,5})?")
_SUPERGROUPS = -1_000_000_000_000  # and channels: their ids begin with -100


class BadRow(ValueError):
    """A row that is left out; its text says why."""


@dataclass(slots=True)
class Report:
    """The result of an import. `bad` has the first SHOWN bad rows, `bad_count` counts all.

    `dropped` and `dropped_count` are of cells that were left out of a row that was taken.
    """

    rows: int = 0
    added: int = 0
    updated: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    bad_count: int = 0
    dropped: list[tuple[int, str]] = field(default_factory=list)
    dropped_count: int = 0
    unread: tuple[str, ...] = ()
    """Columns that are not known, and so not read."""

    def refuse(self, line: int, reason: str) -> None:
        self.bad_count += 1
        if len(self.bad) < SHOWN:
            self.bad.append((line, reason))

    def drop(self, line: int, reason: str) -> None:
        self.dropped_count += 1
        if len(self.dropped) < SHOWN:
            self.dropped.append((line, reason))

    def as_document(self) -> dict[str, object]:
        return {
            "rows": self.rows,
            "added": self.added,
            "updated": self.updated,
            "bad": [{"line": line, "reason": reason} for line, reason in self.bad],
            "bad_count": self.bad_count,
            "dropped": [{"line": line, "reason": reason} for line, reason in self.dropped],
            "dropped_count": self.dropped_count,
        }


def take_in(
    database: Database,
    file: BinaryIO,
    topic: str | None = None,
    id_column: str | None = None,
    progress: Callable[[int], None] = lambda size: None,
) -> Report:
    """Store a list, a transaction a batch; every row is subscribed to `topic`, if there is one.

    The ids are in the column `id_column`; without one in `chat_id`, or else in `user_id` or `id`.
    `progress` is called with the number of bytes of each batch. Raises Invalid when the first line
    is no header, NotFound for an unknown `topic`. An import that was interrupted can be repeated.
    """
    with database.reading() as session:
        topic_ids = {row.name: row.id for row in topics.list_all(session)}
        always = {topics.find(session, topic).id: True} if topic else {}
    rows = enumerate(lines(file), 1)
    reader = _Reader(_header(rows), topic_ids, always, id_column)
    report = Report(unread=reader.unread)
    while batch := list(islice(rows, BATCH)):
        if entries := _entries(batch, reader, report):
            with database.writing() as session:
                written = chat_import.take_in(session, list(entries.values()), utcnow())
            report.added += written.added
            report.updated += written.updated
        progress(sum(len(line) + 1 for _, line in batch))
    return report


def _entries(batch: list[tuple[int, bytes]], reader: "_Reader", report: Report) -> dict[int, Entry]:
    """The good rows by chat. Where a chat comes twice, the second row fills in what is missing."""
    entries: dict[int, Entry] = {}
    for number, line in batch:
        if not line.strip():
            continue
        report.rows += 1
        try:
            entry, dropped = reader.read(line)
        except BadRow as error:
            report.refuse(number, str(error))
            continue
        for reason in dropped:
            report.drop(number, reason)
        first = entries.setdefault(entry.chat_id, entry)
        if first is not entry:
            first.values = entry.values | first.values
            first.topics = entry.topics | first.topics
    return entries


class _Reader:
    """Makes entries from lines, by the columns that the header names."""

    def __init__(
        self,
        header: tuple[bytes, str | None],
        topic_ids: Mapping[str, int],
        always: dict[int, bool],
        id_column: str | None,
    ) -> None:
        """Raises Invalid."""
        line, delimiter = header
        try:
            # With a byte order mark, which Excel puts before UTF-8.
            text = line.decode("utf-8-sig").lower()
            self._delimiter = delimiter or _delimiter(text)
            self._columns = _named([name.strip() for name in self._split(text)], id_column)
        except (UnicodeDecodeError, BadRow):
            self._columns = []
        names = [name for name in self._columns if name]
        if names.count("chat_id") != 1 or len(set(names)) < len(names):
            message = (
                "invalid first line: expected the names of the columns in UTF-8, each once:"
                f" {id_column or 'chat_id'} and, where known, {', '.join(COLUMNS[1:])}"
            )
            raise Invalid.at("file", message)
        self.unread = tuple(name for name in names if name not in COLUMNS)
        self._topic_ids = topic_ids
        self._always = always

    def read(self, line: bytes) -> tuple[Entry, list[str]]:
        """The chat, and why cells were left out that it can do without. Raises BadRow.

        A wrong status or topic is no such cell: somebody who wants nothing might get it.
        """
        cells = self._cells(line)
        chat_id = _chat_id(cells.get("chat_id", ""))
        values, dropped = _values(cells)
        entry = Entry(
            chat_id,
            _type(cells.get("type", ""), chat_id),
            _status(cells.get("status", "")),
            values,
            self._always | self._choices(cells.get("topics", "")),
        )
        return entry, dropped

    def _cells(self, line: bytes) -> dict[str, str]:
        """The cells that are not empty, by column."""
        if len(line) > MAX_LINE:
            raise BadRow(f"the line has more than {MAX_LINE} bytes")
        try:
            values = self._split(line.decode("utf-8"))
        except UnicodeDecodeError:
            raise BadRow("the line is not UTF-8") from None
        if len(values) > len(self._columns):
            raise BadRow(f"{len(values)} values: expected {len(self._columns)}, as in the header")
        texts = (restored(value.strip()) for value in values)
        pairs = zip(self._columns, texts, strict=False)
        return {name: value for name, value in pairs if value}

    def _split(self, line: str) -> list[str]:
        if '"' not in line:
            return line.split(self._delimiter)
        try:
            return next(
                csv.reader([line], delimiter=self._delimiter, skipinitialspace=True, strict=True)
            )
        except csv.Error:
            raise BadRow("a quotation mark is not closed or misplaced") from None

    def _choices(self, cell: str) -> dict[int, bool]:
        """`news;choir;-events`: subscribed to two, opted out of the third."""
        choices = {}
        for choice in filter(None, map(str.strip, cell.split(";"))):
            name = choice.removeprefix("-")
            if name not in self._topic_ids:
                raise BadRow(f"unknown topic {name[:40]!r}")
            choices[self._topic_ids[name]] = not choice.startswith("-")
        return choices


def _header(rows: Iterator[tuple[int, bytes]]) -> tuple[bytes, str | None]:
    """The first line, and the delimiter that an own line `sep=;` before it names."""
    _, line = next(rows, (0, b""))
    said = _SEPARATOR.fullmatch(line.removeprefix(BOM_UTF8))
    if said is None:
        return line, None
    _, line = next(rows, (0, b""))
    return line, said[1].decode()


def _delimiter(header: str) -> str:
    """Excel writes semicolons where the comma is the decimal sign, as in Russian; or tabs."""
    return max(",;\t", key=header.count)


def _named(columns: list[str], id_column: str | None) -> list[str]:
    """The columns, with the one that has the ids as `chat_id`."""
    wanted = (id_column.strip().lower(),) if id_column else _IDS
    found = next((name for name in wanted if name in columns), None)
    if found is None:
        return []
    renamed = {found: "chat_id"}
    if found != "chat_id":
        renamed["chat_id"] = "chat_id, not read"
    return [renamed.get(name, name) for name in columns]


def _chat_id(text: str) -> int:
    if not text:
        raise BadRow("chat_id is missing")
    if not _ID.fullmatch(text):
        raise BadRow(f"invalid chat_id {text[:40]!r}: expected a whole number")
    number = int(text)
    if number == 0 or abs(number) >= MAX_CHAT_ID:
        raise BadRow(f"invalid chat_id {number}: Telegram has no such ids")
    return number


def _type(text: str, chat_id: int) -> str:
    """The type in the row, if an id like this can have it; without one what the id implies."""
    if chat_id > 0:
        allowed = [ChatType.PRIVATE]
    elif chat_id < _SUPERGROUPS:
        allowed = [ChatType.SUPERGROUP, ChatType.CHANNEL]
    else:
        allowed = [ChatType.GROUP]
    if text and text not in allowed:
        expected = " or ".join(allowed)
        raise BadRow(f"invalid type {text[:40]!r}: expected {expected} for this chat_id")
    return text or allowed[0]


def _status(text: str) -> str:
    if text and text not in set(ChatStatus):
        raise BadRow(f"invalid status {text[:40]!r}: expected one of {', '.join(ChatStatus)}")
    return text or ChatStatus.ACTIVE


def _values(cells: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What fills in a chat, and why some of it does not."""
    values, dropped = {}, []
    for name in chat_import.FILLED:
        if name in cells:
            try:
                values[name] = _CHECKS.get(name, _name)(name, cells[name])
            except BadRow as error:
                dropped.append(str(error))
    return values, dropped


def _name(column: str, value: str) -> str:
    if len(value) > 255 or "\0" in value:
        raise BadRow(f"{column} is too long: expected at most 255 characters")
    return value


def _username(column: str, value: str) -> str:
    value = value.removeprefix("@")
    if not _USERNAME.fullmatch(value):
        raise BadRow(f"invalid username {value[:40]!r}: expected letters, digits and _")
    return value


def _language(column: str, value: str) -> str:
    code = value.lower().replace("_", "-")
    if not _LANGUAGE.fullmatch(code) or len(code) > 8:
        raise BadRow(f"invalid language {value[:40]!r}: expected a code such as en or ru")
    return code


def _timezone(column: str, value: str) -> str:
    if value not in _zones():
        raise BadRow(f"unknown timezone {value[:40]!r}: expected a name such as Europe/Moscow")
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
    """A chat as `take_in` reads it back, in the order of COLUMNS."""
    choices = [name if on else f"-{name}" for name, on in chat.topics.items()]
    return {
        "chat_id": chat.id,
        "type": chat.type,
        "status": chat.status,
        **chat.values,
        "topics": ";".join(choices),
    }
