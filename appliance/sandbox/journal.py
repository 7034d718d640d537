"""An append-only file of events, so that people and messages outlive the simulator.

One JSON object a line, written with one system call each: what was answered before a `kill -9` is
in the file. It is not flushed to the disk; a power cut may take the last lines.
"""

import fcntl
import json
import os
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import Any

from appliance.errors import ConfigError, Unavailable

Event = dict[str, Any]


class Journal:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None

    def open(self) -> list[Event]:
        """Lock the file and return its events; a last line that kill -9 tore is dropped.

        Raises ConfigError where the path cannot be used or the file is no journal, Unavailable
        where another simulator writes to it.
        """
        try:
            self._file = FileIO(self.path, "a+")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return self._read()
        except BlockingIOError:
            self.close()
            raise Unavailable(f"{self.path}: another simulator writes this journal") from None
        except OSError as error:
            self.close()
            raise ConfigError(f"cannot use the journal {self.path}: {error.strerror}") from None

    def append(self, event: Event) -> None:
        self._opened().write(_line(event))

    def rewrite(self, events: Iterable[Event]) -> None:
        """Put these events in place of all others, whole or not at all."""
        temporary = self.path.with_name(f"{self.path.name}.new")
        file = FileIO(temporary, "w")
        fcntl.flock(file, fcntl.LOCK_EX)
        with os.fdopen(os.dup(file.fileno()), "wb") as buffered:
            buffered.writelines(_line(event) for event in events)
            buffered.flush()
            os.fsync(buffered.fileno())
        temporary.replace(self.path)
        self.close()
        self._file = file

    def close(self) -> None:
        """May be called twice."""
        if self._file:
            self._file.close()
            self._file = None

    def _opened(self) -> FileIO:
        if self._file is None:
            raise RuntimeError("the journal is not open")
        return self._file

    def _read(self) -> list[Event]:
        file = self._opened()
        file.seek(0)
        lines = file.readall().split(b"\n")
        torn = lines.pop()
        if torn:
            file.truncate(file.tell() - len(torn))
        return [self._event(number, line) for number, line in enumerate(lines, start=1)]

    def _event(self, number: int, line: bytes) -> Event:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict) or "kind" not in event:
            raise ConfigError(f"{self.path}: line {number} is no event of the simulator's journal")
        return event


def _line(event: Event) -> bytes:
    return json.dumps(event, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
