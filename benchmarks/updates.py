"""How fast the bot hears and answers, and whether it grows.

    scripts/benchmark updates [--only waiting|answers|memory] [--quick]

Three parts, all against the simulator in a process of its own: 5,000 people who pressed Start while
the bot was off are answered while a broadcast runs; commands are answered while a broadcast goes
out at 30/s; 100,000 messages are handled. See docs/benchmarks.md.
"""

import argparse
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import stage
from sqlalchemy import func, select
from table import Table

from appliance.config import SANDBOX_TOKEN, Settings
from appliance.crud import updates
from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats
from appliance.crud.updates import NewUpdate
from appliance.database import Database
from appliance.models import DeliveryState, Direction, Message, Update, utcnow
from appliance.services.broadcasts import NewBroadcast, create

RATE = 500  # messages a second of the first part: answers go first, the broadcast gets the rest
SLOW_RATE = 30
COMMANDS_A_SECOND = 4
TALKERS = 1000  # people of the third part
AHEAD = 1000  # updates that wait at any time in the third part
SETTLED = 0.1  # of all updates: from there on memory must be flat


@dataclass(frozen=True, slots=True)
class Size:
    """Updates of the first part, seconds of the second, updates of the third."""

    waiting: int = 5000
    seconds: int = 30
    memory: int = 100_000

    @classmethod
    def chosen(cls, *, quick: bool, smoke: bool) -> "Size":
        if smoke:
            return cls(100, 3, 2000)
        return cls(5000, 10, 20_000) if quick else cls()


class Simulator:
    """A running `appliance sandbox serve`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Read its control interface, or post to it."""
        method = "GET" if body is None else "POST"
        answer = self._session.request(method, f"{self.url}/sandbox/{path}", json=body, timeout=120)
        answer.raise_for_status()
        return answer.json()

    def crowd(self, count: int) -> list[int]:
        """So many new people who press Start."""
        ids: list[int] = []
        while len(ids) < count:
            body = {"count": min(1000, count - len(ids)), "start": True}
            ids += [person["id"] for person in self.ask("people", body)["people"]]
        return ids

    def forget_updates(self) -> None:
        """What people did so far has been heard."""
        url = f"{self.url}/bot{SANDBOX_TOKEN}/getUpdates"
        last = self._session.post(url, json={"offset": -1}, timeout=60).json()["result"]
        if last:
            after = last[-1]["update_id"] + 1
            self._session.post(url, json={"offset": after}, timeout=60)

    def record(self) -> Iterator[dict[str, Any]]:
        """Everything it accepted, in order."""
        after: int | None = 0
        while after is not None:
            page = self.ask(f"record?after={after}")
            yield from page["record"]
            after = page["next"]


@contextmanager
def simulator() -> Iterator[Simulator]:
    port = stage.free_port()
    command = [sys.executable, "-m", "appliance", "sandbox", "serve", "--quiet", "--port", port]
    with stage.running(command, stdout=True):
        stage.wait_for_port(port)
        yield Simulator(port)


@contextmanager
def scene(directory: Path, rate: int) -> Iterator[tuple[Simulator, Settings, Database]]:
    """A simulator, and a home whose bot listens to it."""
    values = {"BOT_TOKEN": SANDBOX_TOKEN, "SEND_RATE": str(rate)}
    with simulator() as town, stage.home(1, town.url, directory, **values) as settings:
        database = Database(settings.database_url)
        with database.writing() as session:
            session.delete(
                chats.find(session, stage.FIRST_ID)
            )  # the simulator knows no such person
        try:
            yield town, settings, database
        finally:
            database.dispose()


@contextmanager
def bot(settings: Settings, *options: str) -> Iterator[int]:
    """`appliance bot` in that home; its process id."""
    command = [sys.executable, "-m", "appliance", "--home", settings.home, "bot", "--quiet"]
    with stage.running([*command, *options]) as process:
        yield process.pid


def make_known(database: Database, ids: Sequence[int]) -> None:
    with database.writing() as session:
        for chat_id in ids:
            chats.remember(session, chat_id, first_name="Person", language="en", activate=True)


def start_broadcast(database: Database) -> int:
    with database.writing() as session:
        return create(session, NewBroadcast(stage.TEXT, to=("all",)))[0].id


# -- updates that wait --------------------------------------------------------------------------


def waiting(table: Table, count: int, directory: Path) -> None:
    """From the first stored update to the last answer that was sent, by the database's times."""
    with scene(directory, RATE) as (town, settings, database):
        make_known(database, town.crowd(2 * count))
        town.forget_updates()
        town.crowd(count)
        number = start_broadcast(database)
        with bot(settings) as pid:
            wait_for(lambda: answered(database) >= count, 300)
            cpu = stage.cpu_seconds(pid)
        first, stored, handled, sent = times(database)
        with database.reading() as session:
            broadcast = broadcasts.get(session, number)
        seen = sum(1 for sent in town.record() if sent["text"] != stage.TEXT)
    if seen != count:
        sys.exit(f"{count} updates brought {seen} answers")
    table.note(f"{count:,} waiting: all stored after", f"{stored - first:.2f} s")
    table.note("all handled after", f"{handled - first:.2f} s")
    table.note("all answered after", f"{sent - first:.2f} s")
    table.at_least("stored, handled and answered", count / (sent - first), 300, " a second")
    table.note("of the broadcast meanwhile", f"{broadcast.sent:,} messages")
    table.note("CPU of the bot, with its start", f"{cpu:.1f} s")


def answered(database: Database) -> int:
    with database.reading() as session:
        query = select(func.count(Message.id)).where(Message.state == DeliveryState.SENT)
        return session.scalar(query) or 0


def times(database: Database) -> tuple[float, float, float, float]:
    """Seconds since 1970: the first update stored, the last, the last handled, the last sent."""
    with database.reading() as session:
        heard = select(
            func.min(Update.received_at), func.max(Update.received_at), func.max(Update.handled_at)
        )
        first, stored, handled = session.execute(heard).one()
        out = select(func.max(Message.finished_at)).where(Message.direction == Direction.OUT)
        sent = session.scalar(out)
    return tuple(moment.timestamp() for moment in (first, stored, handled, sent))


# -- answers during a broadcast -----------------------------------------------------------------


def answers(table: Table, seconds: int, directory: Path) -> None:
    """From the moment a person types a command to the moment the simulator has the answer."""
    with scene(directory, SLOW_RATE) as (town, settings, database):
        people = town.crowd(SLOW_RATE * (seconds + 20))
        make_known(database, people)
        town.forget_updates()
        start_broadcast(database)
        with bot(settings) as pid:
            wait_for(lambda: sum(1 for _ in town.record()) > SLOW_RATE)  # it is under way
            cpu, began = stage.cpu_seconds(pid), time.monotonic()
            asked = type_commands(town, people[: seconds * COMMANDS_A_SECOND])
            used = (stage.cpu_seconds(pid) - cpu) / (time.monotonic() - began)
            wait_for(lambda: answered(database) >= len(asked))
        record = list(town.record())
    delays = sorted(
        (sent["at"] - asked[sent["chat_id"]]) * 1000
        for sent in record
        if sent["text"] != stage.TEXT
    )
    of_broadcast = len(record) - len(delays)
    table.note("commands during a broadcast at 30/s", f"{len(delays)}")
    table.note("of the broadcast", f"{of_broadcast} messages")
    table.note("a command's answer: p50", f"{delays[len(delays) // 2]:.0f} ms")
    table.at_most("a command's answer: p95", delays[int(len(delays) * 0.95)], 100, " ms")
    table.note("the slowest", f"{delays[-1]:.0f} ms")
    table.note("CPU of the bot meanwhile", f"{used * 100:.1f} % of a core")


def type_commands(town: Simulator, people: Sequence[int]) -> dict[int, float]:
    """Each types one command; when, by the clock of this machine, which is the simulator's too."""
    asked: dict[int, float] = {}
    pause, begin = threading.Event(), time.monotonic()
    for number, person in enumerate(people):
        due = begin + number / COMMANDS_A_SECOND
        pause.wait(max(0.0, due - time.monotonic()))
        asked[person] = time.time()
        town.ask(f"people/{person}/send", {"text": "/help"})
    return asked


# -- memory -------------------------------------------------------------------------------------


def memory(table: Table, count: int, directory: Path) -> None:
    """What the bot's process holds, from a tenth of the way on; another process stores."""
    with scene(directory, RATE) as (town, settings, database):
        town.forget_updates()
        with bot(settings, "--webhook") as pid:
            began = time.monotonic()
            early = held_after(database, pid, range(int(count * SETTLED)))
            late = held_after(database, pid, range(int(count * SETTLED), count))
            rate = count / (time.monotonic() - began)
            peak = stage.peak_megabytes(pid)
    table.note(f"{count:,} messages of {TALKERS:,} people", f"{rate:,.0f} handled a second")
    table.note("memory after a tenth of them, peak", f"{early:.0f} MB, {peak:.0f} MB")
    table.at_most("memory after all, of that", late / early, 1.05, " ×")


def held_after(database: Database, pid: int, numbers: range) -> float:
    """Megabytes when all of them are handled."""
    for start in range(numbers.start, numbers.stop, AHEAD):
        news = [message(number) for number in numbers[start - numbers.start :][:AHEAD]]
        wait_for(lambda: waits(database) < AHEAD)
        with database.writing() as session:
            updates.store(session, news, utcnow())
    wait_for(lambda: not waits(database))
    return stage.megabytes(pid)


def waits(database: Database) -> int:
    with database.reading() as session:
        waiting = select(func.count(Update.seq)).where(Update.handled_at.is_(None))
        return session.scalar(waiting) or 0


def message(number: int) -> NewUpdate:
    person = stage.FIRST_ID + number % TALKERS
    content = {
        "message_id": number + 1,
        "date": 1_790_000_000,
        "chat": {"id": person, "type": "private", "first_name": "Person"},
        "from": {"id": person, "is_bot": False, "first_name": "Person", "language_code": "en"},
        "text": f"line {number}",
    }
    return NewUpdate(number + 1, person, {"update_id": number + 1, "message": content})


def wait_for(true: Any, seconds: float = 120.0) -> None:
    """Until it is true. Raises TimeoutError."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("it never became true")
        pause.wait(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("waiting", "answers", "memory"))
    parser.add_argument("--quick", action="store_true", help="10 s, 20,000 messages")
    parser.add_argument("--smoke", action="store_true", help="very few, nothing is judged")
    parser.add_argument("--directory", type=Path, default=stage.DISK, help="on a disk")
    arguments = parser.parse_args()
    if not arguments.smoke:
        stage.check_disk(arguments.directory)
    size = Size.chosen(quick=arguments.quick, smoke=arguments.smoke)
    print(stage.describe_machine(arguments.directory))
    table = Table("Updates", judge=not arguments.smoke)
    parts = {
        "waiting": (waiting, size.waiting),
        "answers": (answers, size.seconds),
        "memory": (memory, size.memory),
    }
    for name, (part, much) in parts.items():
        if arguments.only in {None, name}:
            part(table, much, arguments.directory)
    return table.show()


if __name__ == "__main__":
    sys.exit(main())
