"""A million recipients: how soon it begins, what it holds in memory and on disk, who waits for it.

    scripts/benchmark million [--people 1000000] [--no-drain]

`appliance serve` sends at 1,000/s while another process writes and everything is watched; then the
broadcast is paused, and the engine alone sends the rest as fast as it can. The same with 10,000
first, for the memory. See docs/benchmarks.md.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stage
from pace import ENGINE, serving, wait_for
from table import Table

from appliance.config import Settings
from appliance.database import Database
from appliance.services.broadcasts import changes

FEW = 10_000
TOLERANCE = 5.0  # MB between two runs of the same: the allocator's luck
SENDING = 5.0  # seconds of sending that are watched before the pause
SILENCE = 2.0  # seconds after the pause in which a late message would be seen


@dataclass(frozen=True, slots=True)
class Begun:
    """What the first part found; seconds, MB, milliseconds."""

    first_message: float
    peak: float
    pause: float
    writer: dict[str, Any]
    """`count`, and p50, p99 and max of `waits` and `commits`."""
    frozen_bytes: float
    """Of the database, a recipient, when all were in the ledger."""


def begin(settings: Settings, fake: stage.FakeApi, people: int) -> Begun:
    """Send, watch, pause, with another writer beside it from before the sending."""
    before = size(settings)
    with serving(settings) as pid:
        with writing(settings) as writer:
            began = time.monotonic()
            run(settings, "send", stage.TEXT, "--to", "all", "--yes")
            wait_for(lambda: fake.stats()["accepted"] > 0, 120)
            first = fake.stats()["first"] - began
            threading.Event().wait(min(SENDING, people / 4000))
            pause = pause_seconds(settings, fake)
        peak = stage.peak_megabytes(pid)
    return Begun(first, peak, pause, writer, (size(settings) - before) / people)


def pause_seconds(settings: Settings, fake: stage.FakeApi) -> float:
    """From the commit of the pause to the last message that left after it."""
    database = Database(settings.database_url)
    changes.pause(database.writing, 1, "benchmark")
    asked = time.monotonic()
    database.dispose()
    threading.Event().wait(SILENCE)
    return max(0.0, float(fake.stats()["last"]) - asked)


@contextmanager
def writing(settings: Settings) -> Iterator[dict[str, Any]]:
    """Another process that writes; its figures are there after the block."""
    figures: dict[str, Any] = {}
    script = stage.HERE / "senders" / "small_writer.py"
    command = [sys.executable, script, settings.data / "database.db"]
    with stage.running(command, stdin=True, stdout=True) as process:
        yield figures
        figures.update(json.loads(process.communicate(timeout=30)[0]))


def run(settings: Settings, *words: str) -> None:
    command = [sys.executable, "-m", "appliance", "--home", str(settings.home), "broadcast", *words]
    subprocess.run(  # noqa: S603 - the project's own program
        command, check=True, stdout=subprocess.DEVNULL, env=stage.environment(), timeout=120
    )


def size(settings: Settings) -> int:
    """Bytes of the database that are in use, with everything out of the log."""
    with closing(sqlite3.connect(settings.data / "database.db", timeout=30)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages, free, page = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * page)


def drain(settings: Settings) -> dict[str, Any]:
    """Send the rest as fast as the engine can; its figures."""
    command = [sys.executable, ENGINE, settings.home, "--rate", "50000", "--resume", "1"]
    return stage.run_side(command, timeout=1800)


def report(settings: Settings, lines: int) -> tuple[float, float, float]:
    """`broadcast report`: seconds to its first line, to its end, and its peak memory in MB."""
    command = [sys.executable, "-m", "appliance", "--home", str(settings.home)]
    command += ["broadcast", "report", "1", "--format", "csv"]
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - the project's own program
        command, stdout=subprocess.PIPE, env=stage.environment()
    )
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    process.stdout.readline()
    first = time.monotonic() - began
    found = sum(1 for _ in process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or found != lines:
        sys.exit(f"the report has {found} lines of {lines}, exit code {process.returncode}")
    return first, time.monotonic() - began, usage.ru_maxrss / 1024


def measure(table: Table, people: int, directory: Path, *, drained: bool) -> Begun:
    """One size; every row but the comparison of the two."""
    name = f"{people:,}"
    values = {"SEND_RATE": "1000", "PORT": str(stage.free_port())}
    with stage.fake_api() as fake, stage.home(people, fake.url, directory, **values) as settings:
        before = size(settings)
        begun = begin(settings, fake, people)
        table.at_most(f"{name}: send to the first message", begun.first_message, 15, " s")
        table.at_most(f"{name}: peak memory of serve", begun.peak, 150, " MB")
        table.at_most(f"{name}: bytes a recipient, frozen", begun.frozen_bytes, 60)
        waits, commits = begun.writer["waits"], begun.writer["commits"]
        table.note(f"{name}: another writer, {begun.writer['count']:,} times", spread(waits))
        table.note(f"{name}: the disk, its own commits", spread(commits))
        table.at_most(f"{name}: another writer's longest wait", waits["max"], 25, " ms")
        table.at_most(f"{name}: pause effective after", begun.pause, 1, " s")
        if drained:
            show_end(table, name, settings, people, before)
    return begun


def spread(times: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f} ms" for name, value in times.items())


def show_end(table: Table, name: str, settings: Settings, people: int, before: int) -> None:
    """When everybody has got it: the engine's memory, the size on disk, the report."""
    engine = drain(settings)
    table.note(f"{name}: the rest, engine alone", f"{engine['seconds']:.0f} s, {engine['status']}")
    table.at_most(f"{name}: peak memory of that engine", engine["peak"], 150, " MB")
    table.at_most(f"{name}: bytes a recipient, sent", (size(settings) - before) / people, 60)
    first, whole, peak = report(settings, people)
    table.note(f"{name}: report", f"first line {first:.2f} s, all {whole:.1f} s, {peak:.0f} MB")
    table.at_most(f"{name}: peak memory of the report", peak, 150, " MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--no-drain", action="store_true", help="do not send all of it: 5 min less")
    parser.add_argument("--smoke", action="store_true", help="5,000 people, nothing is judged")
    parser.add_argument("--directory", type=Path, default=stage.DISK, help="on a disk")
    arguments = parser.parse_args()
    if not arguments.smoke:
        stage.check_disk(arguments.directory)
    few, many = (3000, 5000) if arguments.smoke else (FEW, arguments.people)
    print(stage.describe_machine(arguments.directory))
    table = Table("A million recipients", judge=not arguments.smoke)
    small = measure(table, few, arguments.directory, drained=arguments.smoke)
    large = measure(table, many, arguments.directory, drained=not arguments.no_drain)
    table.at_most(f"peak memory, {many:,} over {few:,}", large.peak - small.peak, TOLERANCE, " MB")
    return table.show()


if __name__ == "__main__":
    sys.exit(main())
