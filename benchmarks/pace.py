"""How even the flow is, what it costs, and whether the web part feels it.

    scripts/benchmark pace [--only fast|slow|web] [--quick]

Three parts: 1,000/s for 60 s, 30/s for 120 s against a fake that allows 30 in any sliding second,
and 1,000/s out of `appliance serve` while its web part is asked. See docs/benchmarks.md.
"""

import argparse
import http.client
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import stage
from table import Table

from appliance.config import Settings
from appliance.database import Database
from appliance.services import broadcasts
from appliance.services.broadcasts import NewBroadcast

ENGINE = stage.HERE / "senders" / "appliance_engine.py"
PATHS = ("/healthz", "/api/v1/site")
ASK_EVERY = 0.02  # seconds between two requests to the web part


@dataclass(frozen=True, slots=True)
class Length:
    """Seconds of each part."""

    fast: int = 60
    slow: int = 120
    web: int = 30

    @classmethod
    def chosen(cls, *, quick: bool, smoke: bool) -> "Length":
        if smoke:
            return cls(4, 4, 3)
        return cls(10, 10, 10) if quick else cls()


def fast(table: Table, seconds: int, directory: Path) -> None:
    """1,000/s, as far as the fake sees it."""
    figures, seen = flow(1000, seconds, directory, None)
    whole = seen["per_second"][1:-1]  # the last one is not a whole second
    table.note("1,000/s: seconds that count", f"{len(whole)}, {min(whole)} to {max(whole)} each")
    table.note("1,000/s: most in any sliding second", f"{seen['peak']}")
    worst = max(abs(number - 1000) for number in whole)
    table.at_most("1,000/s: worst second off the rate", worst / 10, 2, " %")
    table.at_most("1,000/s: CPU of the engine", share(figures), 30, " % of a core")


def slow(table: Table, seconds: int, directory: Path) -> None:
    """30/s against a fake that refuses the 31st in any sliding second."""
    figures, seen = flow(30, seconds, directory, 30)
    used = (seen["accepted"] - 1) / (30 * seen["seconds"])
    table.note("30/s: most in any sliding second", f"{seen['peak']}")
    table.at_most("30/s: answers 429", seen["refused"], 0)
    table.at_least("30/s: of the budget used", used * 100, 96, " %")
    table.at_most("30/s: CPU of the engine", share(figures), 4, " % of a core")


def flow(
    rate: int, seconds: int, directory: Path, limit: int | None
) -> tuple[dict[str, float], dict[str, float]]:
    """One broadcast of that many seconds: the engine's figures and the fake's."""
    with stage.fake_api(limit=limit) as fake:
        with stage.home(rate * seconds, fake.url, directory) as settings:
            command = [sys.executable, ENGINE, settings.home, "--rate", rate]
            figures = stage.run_side(command, timeout=seconds * 2 + 60)
        return figures, fake.stats()


def share(figures: dict[str, float]) -> float:
    """Percent of one core."""
    return figures["cpu"] / figures["seconds"] * 100


# -- the web part beside it ---------------------------------------------------------------------


def web(table: Table, seconds: int, directory: Path) -> None:
    """The p99 of a small GET, idle and while the same process sends 1,000/s."""
    port = str(stage.free_port())
    with stage.fake_api() as fake:
        people = 1000 * (seconds + 5)
        values = {"SEND_RATE": "1000", "PORT": port}
        with (
            stage.home(people, fake.url, directory, **values) as settings,
            serving(settings) as pid,
        ):
            idle = asked(settings.port, seconds, pid)
            start_sending(settings)
            wait_for(lambda: fake.stats()["accepted"] > 1000)
            busy = asked(settings.port, seconds, pid)
            sent = fake.stats()["per_second"][1:-1]
    table.note("serve, sending meanwhile", f"{min(sent)} to {max(sent)} a second")
    table.note("serve, idle: CPU", f"{idle.cpu:.1f} % of a core")
    table.note("serve, sending: CPU, with the web part", f"{busy.cpu:.1f} % of a core")
    for path in PATHS:
        before, during = idle.p99(path), busy.p99(path)
        table.note(
            f"{path}: p50 idle, sending", f"{idle.p50(path):.2f} ms, {busy.p50(path):.2f} ms"
        )
        table.note(f"{path}: p99 idle, sending", f"{before:.2f} ms, {during:.2f} ms")
        table.at_most(f"{path}: p99 sending, of idle", during / before, 2, " ×")


@dataclass
class Asked:
    """How long the web part took, in milliseconds by path, and what its process used meanwhile."""

    cpu: float
    times: dict[str, list[float]] = field(default_factory=lambda: {path: [] for path in PATHS})

    def p50(self, path: str) -> float:
        return self._at(path, 0.5)

    def p99(self, path: str) -> float:
        return self._at(path, 0.99)

    def _at(self, path: str, part: float) -> float:
        times = sorted(self.times[path])
        return times[min(len(times) - 1, int(len(times) * part))]


def asked(port: int, seconds: float, pid: int) -> Asked:
    """Ask in an even flow over one kept-alive connection; a late answer does not slow the flow."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for path in PATHS:
        request(connection, path)  # the first one of a kind pays for imports and caches
    found, pause = Asked(0), threading.Event()
    began, cpu = time.monotonic(), stage.cpu_seconds(pid)
    for number in range(int(seconds / ASK_EVERY)):
        due = began + number * ASK_EVERY
        pause.wait(max(0.0, due - time.monotonic()))
        path = PATHS[number % len(PATHS)]
        found.times[path].append(request(connection, path) * 1000)
    found.cpu = (stage.cpu_seconds(pid) - cpu) / (time.monotonic() - began) * 100
    connection.close()
    return found


def request(connection: http.client.HTTPConnection, path: str) -> float:
    """Seconds until the answer was read."""
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        sys.exit(f"GET {path}: {answer.status}")
    return time.perf_counter() - began


@contextmanager
def serving(settings: Settings) -> Iterator[int]:
    """`appliance serve` in that home; its process id."""
    command = [sys.executable, "-m", "appliance", "--home", settings.home, "serve"]
    with stage.running(command) as process:
        stage.wait_for_port(settings.port)
        yield process.pid


def start_sending(settings: Settings) -> int:
    """Queue a broadcast to everybody; its id."""
    database = Database(settings.database_url)
    try:
        with database.writing() as session:
            new = NewBroadcast(stage.TEXT, to=("all",))
            return broadcasts.create(session, new)[0].id
    finally:
        database.dispose()


def wait_for(true: Callable[[], bool], seconds: float = 60.0) -> float:
    """Until it is true; the monotonic time then. Raises TimeoutError."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("it never became true")
        pause.wait(0.02)
    return time.monotonic()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("fast", "slow", "web"))
    parser.add_argument("--quick", action="store_true", help="10 s of each")
    parser.add_argument("--smoke", action="store_true", help="4 s of each, nothing is judged")
    parser.add_argument("--directory", type=Path, default=stage.DISK, help="on a disk")
    arguments = parser.parse_args()
    if not arguments.smoke:
        stage.check_disk(arguments.directory)
    length = Length.chosen(quick=arguments.quick, smoke=arguments.smoke)
    print(stage.describe_machine(arguments.directory))
    table = Table("Pace, 50 ms to each answer", judge=not arguments.smoke)
    parts = {"fast": fast, "slow": slow, "web": web}
    for name, part in parts.items():
        if arguments.only in {None, name}:
            part(table, getattr(length, name), arguments.directory)
    return table.show()


if __name__ == "__main__":
    sys.exit(main())
