"""What every benchmark stands on: the fake Bot API, a home full of people, processes to measure."""

import http.client
import json
import os
import platform
import secrets
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pycurl

from appliance import config, env_file
from appliance.config import Settings
from appliance.services.schema import upgrade

HERE = Path(__file__).resolve().parent
TOKEN = "1000000001:" + "benchmarks-" * 3  # opens nothing: only the fake knows it
TEXT = "Hello! The next meeting is on Thursday at 19:00, in the usual place. Bring a friend."
DISK = Path("/var/tmp")  # noqa: S108 - kept over reboots, so on a disk where /tmp may be memory

# Ids as Telegram gives them out: half of them over 32 bits, which costs SQLite two bytes more.
FIRST_ID, LAST_ID = 500_000_000, 8_000_000_000


class FakeApi:
    """A running fake_api.py."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.port = int(process.stdout.readline())  # type: ignore[union-attr]
        self.url = f"http://127.0.0.1:{self.port}"

    def stats(self) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with closing(connection):
            connection.request("GET", "/stats")
            answer: dict[str, Any] = json.load(connection.getresponse())
            return answer


@contextmanager
def fake_api(delay: float = 0.05, limit: int | None = None) -> Iterator[FakeApi]:
    """A fresh fake: its counters are of this side only."""
    command = [sys.executable, HERE / "fake_api.py", "--delay", delay]
    with running([*command, *(["--limit", limit] if limit else [])], stdout=True) as process:
        yield FakeApi(process)


@contextmanager
def running(
    command: list[Any],
    *,
    variables: Mapping[str, str] | None = None,
    stdin: bool = False,
    stdout: bool = False,
) -> Iterator[subprocess.Popen[str]]:
    """A process that is gone after the block, whatever happened in it."""
    process = subprocess.Popen(  # noqa: S603 - the project's own programs
        [str(word) for word in command],
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE if stdout else None,
        env=environment(variables),
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(port: int, seconds: float = 20.0) -> None:
    """Until something listens there. Raises TimeoutError."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            pause.wait(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as own:
        return int(own.getsockname()[1])


def run_side(command: list[Any], timeout: float) -> dict[str, Any]:
    """Run one side to its end; the figures it prints as its last line, in JSON."""
    done = subprocess.run(  # noqa: S603 - the project's own programs
        [str(word) for word in command],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=timeout,
        env=environment(),
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The reader's own, without what would configure the appliance, and with bytecode."""
    own = dict(os.environ)  # noqa: TID251 - handed on to other programs, not read
    for name in (*config.NAMES, "PYTHONDONTWRITEBYTECODE"):
        own.pop(name, None)
    return own | dict(variables or {})


@contextmanager
def home(people: int, api_url: str, directory: Path, **values: str) -> Iterator[Settings]:
    """A home on disk with that many people who pressed Start; removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="appliance-benchmark-", dir=directory) as name:
        path = Path(name)
        written = {
            "SECRET_KEY": secrets.token_hex(24),
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": api_url,
            "PAID_BROADCAST": "on",
            "LOG_LEVEL": "WARNING",
        }
        env_file.write(path / ".env", written | values)
        settings = Settings.load(path, {})
        upgrade(settings)
        _fill(settings.data / "database.db", people)
        yield settings


def _fill(path: Path, people: int) -> None:
    step = (LAST_ID - FIRST_ID) // people
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :people)"
            " INSERT INTO chats (id, type, status, first_name, username, language,"
            " created_at, updated_at)"
            " SELECT :first + i * :step, 'private', 'active', 'Person ' || i, 'person_' || i,"
            " CASE i % 3 WHEN 0 THEN 'ru' ELSE 'en' END,"
            " '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000' FROM n",
            {"people": people, "first": FIRST_ID, "step": step},
        )
        connection.commit()


# -- the machine and its processes --------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_megabytes(pid: int) -> float:
    """The most memory a process has held so far."""
    return _status(pid, "VmHWM") / 1024


def megabytes(pid: int) -> float:
    """The memory a process holds now."""
    return _status(pid, "VmRSS") / 1024


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def file_system(path: Path) -> str:
    """The kind of file system that holds a path, such as ext4."""
    best, kind = "", "unknown"
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, mount, name, *_ = line.split()
        inside = path.resolve().is_relative_to(mount)
        if inside and len(mount) >= len(best):
            best, kind = mount, name
    return kind


def describe_machine(directory: Path) -> str:
    """In one line, for the head of a table."""
    cpu = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    curl = pycurl.version_info()[1]
    return (
        f"{os.cpu_count()} × {cpu}, Linux {platform.release()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, libcurl {curl}, {file_system(directory)},"
        f" load {os.getloadavg()[0]:.1f}"
    )


def check_disk(directory: Path) -> None:
    """Ends the benchmark where a durable ledger would cost nothing."""
    if file_system(directory) in {"tmpfs", "ramfs"}:
        sys.exit(f"{directory} is in memory: name a directory on a disk with --directory")
