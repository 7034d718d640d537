"""A power cut at any moment: what was acknowledged is there, and nobody who was sent to is pending.

The engine runs under strace, which notes every write, fsync and request in their order. From the
notes the files are built again as a disk may hold them after a cut: what was fsynced, and of what
was written since any part, in sectors.
"""

import random
import re
import shutil
import signal
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance.models import DeliveryState

PEOPLE = 600
CUTS = 150
SECTOR = 512

_CALL = re.compile(r"^(?:\d+ +)?(\w+)\(\d+<(.*?)>(?:, (.*))?\) += \d")
_CHAT = re.compile(rb'"chat_id":(\d+)')


@dataclass(frozen=True)
class Note:
    """One system call: a write, a truncation, an fsync of a file, or a request to a chat."""

    what: str
    path: str = ""
    data: bytes = b""
    offset: int = 0
    chat_id: int = 0


@dataclass
class Disk:
    """Files as the platter holds them, and what was written since their last fsync."""

    durable: dict[str, bytearray]
    waiting: dict[str, list[Note]] = field(default_factory=dict)

    def follow(self, note: Note) -> None:
        if note.what == "sync":
            for write in self.waiting.pop(note.path, []):
                apply(self.durable[note.path], write)
        elif note.what in {"write", "truncate"}:
            self.durable.setdefault(note.path, bytearray())
            self.waiting.setdefault(note.path, []).append(note)

    def after_a_cut(self, dice: random.Random) -> dict[str, bytes]:
        """Of what was not fsynced each sector may have been written, or not."""
        files = {path: bytearray(content) for path, content in self.durable.items()}
        for path, notes in self.waiting.items():
            for note in notes:
                for part in sectors(note):
                    if dice.random() < 0.5:
                        apply(files[path], part)
        return {path: bytes(content) for path, content in files.items()}


def sectors(note):
    if note.what == "truncate":
        yield note
        return
    begin = note.offset
    end = note.offset + len(note.data)
    while begin < end:
        stop = min(end, (begin // SECTOR + 1) * SECTOR)
        part = note.data[begin - note.offset : stop - note.offset]
        yield Note("write", note.path, part, begin)
        begin = stop


def apply(content, note):
    if note.what == "truncate":
        del content[note.offset :]
        return
    end = note.offset + len(note.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[note.offset : end] = note.data


def read_notes(log):
    for line in log.read_text(encoding="ascii").splitlines():
        assert "unfinished" not in line, "only the engine's thread makes these calls"
        match = _CALL.match(line)
        if match is None:
            continue  # a signal, or the end
        call, place, rest = match.groups()
        path = _bytes(place).decode() if place.startswith("\\x") else place
        name = Path(path).name
        if call in {"sendto", "sendmsg"}:
            chats = _CHAT.findall(_bytes(rest or ""))
            yield from (Note("request", chat_id=int(chat)) for chat in chats)
        elif name not in {"database.db", "database.db-wal"}:
            continue
        elif call == "pwrite64":
            yield Note("write", name, _bytes(rest), int(rest.rpartition(", ")[2]))
        elif call == "ftruncate":
            yield Note("truncate", name, offset=int(rest))
        elif call in {"fsync", "fdatasync"}:
            yield Note("sync", name)


def _bytes(arguments):
    r"""The first string in strace's \x2f\x74… among the arguments."""
    found = re.search(r"(?:\\x[0-9a-f]{2})+", arguments)
    return bytes.fromhex(found.group().replace("\\x", "")) if found else b""


def read_states(folder, files):
    """Let SQLite recover these files; chat id → state."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    connection = sqlite3.connect(folder / "database.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(connection.execute("SELECT chat_id, state FROM deliveries"))
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.sqlite("builds its files as a disk may hold them")
def test_nothing_that_was_acknowledged_is_lost(
    world, processes, check, wait_until, find_program, settings, tmp_path
):
    strace = find_program("strace")
    ids = world.populate(PEOPLE)
    world.strike("latency", seconds=0.05)
    number = world.queue()
    world.database.dispose()  # the last to close empties the write-ahead log
    begin = (settings.data / "database.db").read_bytes()
    log = tmp_path / "strace.log"
    calls = "trace=pwrite64,ftruncate,fsync,fdatasync,sendto,sendmsg"
    notes_of = [strace, "-D", "-f", "-y", "-x", "-x", "-s", "70000", "-e", calls, "-o", str(log)]
    process = processes.engine("--checkpoint", "100", before=notes_of, SEND_RATE="100")
    wait_until(lambda: len(world.record()) == PEOPLE, 60, processes.words)
    wait_until(lambda: world.shown(number).status == "done", 30, processes.words)
    process.send_signal(signal.SIGTERM)  # -D: it is the engine that is our child
    assert process.wait(15) == 0
    wait_until(lambda: "+++ exited" in log.read_text(encoding="ascii")[-200:], 15)
    check(number, ids)

    notes = list(read_notes(log))
    assert {note.chat_id for note in notes if note.what == "request"} == set(ids)
    syncs = Counter(note.path for note in notes if note.what == "sync")
    assert syncs["database.db-wal"] > 20
    assert syncs["database.db"] >= 2, "checkpoints are among what is cut"
    dice = random.Random(20261123)
    moments = sorted(dice.sample(range(len(notes)), CUTS))
    disk = Disk({"database.db": bytearray(begin)})
    requested = set()
    for place, note in enumerate(notes):
        if place in moments:
            judge(disk, requested, tmp_path / "cut", dice)
        disk.follow(note)
        if note.what == "request":
            requested.add(note.chat_id)


def judge(disk, requested, folder, dice):
    """A cut now: nobody who was sent to waits to be sent to, no outcome is undone."""
    durable = read_states(folder, {path: bytes(c) for path, c in disk.durable.items()})
    after = read_states(folder, disk.after_a_cut(dice))
    assert requested <= {chat for chat, state in after.items() if state != DeliveryState.PENDING}
    final = {chat: state for chat, state in durable.items() if state > DeliveryState.SENDING}
    assert final.items() <= after.items()
