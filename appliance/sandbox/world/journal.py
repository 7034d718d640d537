"""An append-only file of events, so that people and messages outlive the simulator.

One JSON object a line, written with one system call each: what was answered before a `kill -9` is
in the file. It is not flushed to the disk; a power cut may take the last lines.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any

from appliance.errors import ConfigError, Unavailable

Event = dict[str, Any]


class Journal:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None

    def open(self) -> None:
        """Lock the file, and drop a last line that `kill -9` left half written.

        Raises ConfigError where the path cannot be used, Unavailable where another simulator
        writes to it.
        """
        try:
            self._file = FileIO(self.path, "a+")
            # Two simulators on one journal would tell their people different things; `flock` ends
            # with the process, however that ends.
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._drop_torn_line()
        except Exception as error:
            self.close()
            if isinstance(error, BlockingIOError):
                raise Unavailable(f"{self.path}: another simulator writes this journal") from None
            if isinstance(error, OSError):
                raise ConfigError(f"cannot use the journal {self.path}: {error.strerror}") from None
            raise

    def events(self) -> Iterator[Event]:
        """From the first to the last. Raises ConfigError for a line that is no event."""
        with self.path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                yield self._event(number, line)

    def append(self, event: Event) -> None:
        self._opened().write(_line(event))

    def rewrite(self, events: Iterable[Event]) -> None:
        """Put these events in place of all others, whole or not at all."""
        # Locked before it takes the old one's place: no moment is left for another simulator.
        temporary = self.path.with_name(f"{self.path.name}.new")
        file = FileIO(temporary, "w")
        fcntl.flock(file, fcntl.LOCK_EX)
        # A copy of the descriptor: closing it must not end the lock, which `file` holds on.
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

    def _drop_torn_line(self) -> None:
        with self.path.open("rb") as lines:
            whole = sum(len(line) for line in lines if line.endswith(b"\n"))
        self._opened().truncate(whole)

    def _event(self, number: int, line: bytes) -> Event:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict) or "kind" not in event:
            raise ConfigError(
                f"{self.path}: invalid line {number}: expected an event of the simulator;"
                " take the line out, or move the file away: the people in it are simulated"
            )
        return event


def _line(event: Event) -> bytes:
    return json.dumps(event, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
