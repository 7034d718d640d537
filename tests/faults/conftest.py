"""Engines as processes, a world to write to, and what must hold whatever happened to them."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from appliance.config import Settings
from appliance.crud import deliveries
from appliance.crud.chats import chats
from appliance.crud.messages import messages
from appliance.crud.settings import FLOOD, put_setting
from appliance.database import Database
from appliance.models import Broadcast, Chat, DeliveryState, Message
from appliance.sandbox.server import Sandbox
from appliance.services.broadcasts import NewBroadcast, create
from support import simulator
from support.people import add_chats
from support.stored import find_row

ROOT = Path(__file__).resolve().parents[2]
TEXT = "hello"
STRANGER = 4_000_000_000  # nobody whom the simulator knows
FINAL = {"sent", "failed", "skipped", "unknown"}


class World:
    """The simulator and the database of one home, and broadcasts in them."""

    def __init__(self, sandbox: Sandbox, database: Database) -> None:
        self.url = sandbox.url
        self.database = database

    def ask(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
        """Read the simulator's control API, or post to it."""
        return simulator.ask(self.url, path, body, method)

    def strike(self, kind: str, **fields: Any) -> None:
        self.ask("faults", {"kind": kind, "method": "sendMessage", **fields})

    def heal(self) -> None:
        self.ask("faults", method="DELETE")

    def populate(self, count: int) -> list[int]:
        """People who pressed Start and whom the database knows, by id."""
        made = self.ask("people", {"count": count, "start": True, "seed": 1})["people"]
        ids = sorted(person["id"] for person in made)
        self.remember(ids)
        return ids

    def remember(self, ids: Sequence[int]) -> None:
        with self.database.writing() as session:
            add_chats(session, *ids)

    def remember_many(self, count: int) -> list[int]:
        """People whom the database knows, and the simulator does not; by id."""
        ids = list(range(1_000_001, 1_000_001 + count))
        rows = [{"id": chat_id, "type": "private", "status": "active"} for chat_id in ids]
        with self.database.writing() as session:
            session.execute(insert(Chat), rows)
        return ids

    def silence(self) -> None:
        """As if Telegram had asked every sender to be silent for an hour."""
        with self.database.writing() as session:
            put_setting(session, FLOOD, {"until": time.time() + 3600})

    def queue(self) -> int:
        """A broadcast to everybody."""
        with self.database.writing() as session:
            return create(session, NewBroadcast(TEXT, "plain", to=("all",)))[0].id

    def shown(self, number: int) -> Broadcast:
        return find_row(self.database, Broadcast, number)

    def states(self, number: int) -> dict[int, str]:
        with self.database.reading() as session:
            return {row.chat_id: row.state for row in deliveries.iterate(session, number)}

    def probe(self, wait_until: Callable[..., Any], words: Callable[[], str]) -> None:
        """Wait for the outcome of a call that is queued now: an engine is up and has looked at all
        there is to do. Telegram does not know the chat, so nobody gets anything.
        """
        with self.database.writing() as session:
            chats.remember(session, STRANGER)
            row = messages.queue(session, STRANGER, "sendMessage", {"text": "?"}).id

        def refused() -> bool:
            with self.database.reading() as session:
                message = session.get(Message, row)
                return message is not None and message.state == DeliveryState.FAILED

        wait_until(refused, 20, words)

    def finish(self, processes: "Processes", wait_until: Callable[..., Any], done: Any) -> None:
        """Let an engine run until `done()`, and stop it."""
        engine = processes.engine(SEND_RATE="1000")
        wait_until(done, 60, processes.words)
        engine.send_signal(signal.SIGTERM)
        assert engine.wait(15) == 0

    def phone(self, person: int) -> list[dict[str, Any]]:
        """What the bot wrote to somebody, as it stands there now."""
        messages = self.ask(f"people/{person}/messages")["messages"]
        return [message for message in messages if message["from"] == "bot"]

    def count_sent(self) -> int:
        """How many messages arrived, whatever they say."""
        return int(self.ask("stats")["calls"].get("sendMessage", 0))

    def record(self) -> list[tuple[int, int]]:
        """(chat id, message id) of every delivery of the text, by the simulator's own record."""
        found: list[tuple[int, int]] = []
        after = 0
        while page := self.ask(f"record?after={after}&limit=1000")["record"]:
            found += [(e["chat_id"], e["message_id"]) for e in page if e["text"] == TEXT]
            after = page[-1]["seq"]
        return found


@pytest.fixture
def world(sandbox, database):
    return World(sandbox, database)


@dataclass(frozen=True)
class Processes:
    """Starts programs of the working copy on the test's home; none outlives the test."""

    settings: Settings
    log: Path
    url: str
    running: list[subprocess.Popen[str]]

    def engine(
        self, *options: str, before: Sequence[str] = (), **variables: str
    ) -> subprocess.Popen[str]:
        """The engine alone, quick to start; `before` is a program that runs it, such as strace."""
        script = str(Path(__file__).with_name("engine_process.py"))
        command = [*before, sys.executable, script, str(self.settings.home), *options]
        return self._start(command, variables)

    def listener(self, *options: str, **variables: str) -> subprocess.Popen[str]:
        """The updates part alone, as often as a line is written to it."""
        script = str(Path(__file__).with_name("listener_process.py"))
        command = [sys.executable, script, str(self.settings.home), *options]
        return self._start(command, variables)

    def bot(self, **variables: str) -> subprocess.Popen[str]:
        """All that `appliance bot` is."""
        return self._start([*self._appliance(), "bot"], variables)

    def command(self, *words: str) -> subprocess.Popen[str]:
        """`appliance WORDS`, under way."""
        return self._start([*self._appliance(), *words], {})

    def status(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """What `appliance status` prints."""
        return subprocess.run(
            [*self._appliance(), "status"],
            env=self._environment(variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def words(self) -> str:
        """What all of them logged."""
        return self.log.read_text(encoding="utf-8")

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def _start(self, command: list[str], variables: dict[str, str]) -> subprocess.Popen[str]:
        with self.log.open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                command,
                env=self._environment(variables),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.running.append(process)
        return process

    def _appliance(self) -> list[str]:
        return [sys.executable, "-m", "appliance", "--home", str(self.settings.home)]

    def _environment(self, variables: dict[str, str]) -> dict[str, str]:
        common = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "BOT_API_URL": self.url}
        return {**common, "LOG_LEVEL": "WARNING", "SEND_RATE": "300", **variables}


@pytest.fixture
def processes(settings, sandbox, tmp_path):
    log = tmp_path / "processes.log"
    log.touch()
    started = Processes(settings, log, sandbox.url, [])
    yield started
    started.end()


class Warm:
    """Starts a program by fork, one at a time: within 20 ms."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self) -> int:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._line())

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        assert self._line() == "ended\n"

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


@pytest.fixture
def warm_engine(processes):
    """`warm_engine(300)` starts engines of that rate, to be killed."""

    def warm_engine(rate):
        return Warm(processes.engine("--fork", SEND_RATE=str(rate)))

    return warm_engine


@pytest.fixture
def warm_listener(processes):
    """`warm_listener(*options)` starts updates parts, to be killed."""
    return lambda *options: Warm(processes.listener(*options))


@pytest.fixture
def check(world):
    """`check(number, ids)`: what holds after every fault; returns how many are in each state.

    `record` is the server's own, where it is not the simulator.
    """

    def check(number, ids, record=None):
        arrived = world.record() if record is None else record
        times = Counter(chat_id for chat_id, _ in arrived)
        with world.database.reading() as session:
            rows = {row.chat_id: row for row in deliveries.iterate(session, number)}
            ledger = deliveries.states_of(session, number)
        told = world.shown(number)
        states = Counter(row.state for row in rows.values())

        assert [chat for chat, count in times.items() if count > 1] == [], "nobody twice"
        assert sorted(rows) == sorted(ids), "nobody lost"
        assert states.keys() <= FINAL, "everybody has an outcome"
        known = {(chat, row.message_id) for chat, row in rows.items() if row.state == "sent"}
        assert known <= set(arrived), "who counts as sent has got that very message"
        without = {chat for chat, row in rows.items() if row.state in {"failed", "skipped"}}
        assert without & times.keys() == set(), "who counts as failed has got nothing"
        assert told.status == "done"
        assert {state: getattr(told, state.word) for state in DeliveryState} == {
            state: ledger.get(state, 0) for state in DeliveryState
        }, "the counters are the ledger's"
        assert sum(told.reasons.values()) == sum(1 for row in rows.values() if row.reason)
        return states

    return check
