"""Everything Telegram and the network may do wrong, to real processes."""

import signal
import threading
from typing import Any

import pytest

from appliance import config
from appliance.crud import deliveries
from support.bot_api import serving

pytestmark = pytest.mark.slow

PEOPLE = 400
GROUP, SUPERGROUP = -4001, -1001234567890


@pytest.fixture
def done(world, processes, wait_until):
    """`done(number)` waits for the end of a broadcast and stops the engine."""

    def done(number, process, timeout=60):
        wait_until(
            lambda: world.shown(number).status == "done",
            timeout,
            lambda: f"{vars(world.shown(number))}\n{processes.words()}",
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0

    return done


def test_a_storm_of_429(world, processes, check, done):
    ids = world.populate(PEOPLE)
    for seconds in (1, 2, 3):
        world.strike("429", retry_after=seconds, probability=0.01, count=2)
    number = world.queue()

    done(number, processes.engine())

    assert check(number, ids) == {"sent": PEOPLE}
    assert world.ask("stats")["errors"]["429"] >= 3


@pytest.mark.parametrize("kind", ["500", "502"])
def test_bursts_of_server_errors(kind, world, processes, check, done, wait_until):
    ids = world.populate(PEOPLE)
    number = world.queue()
    world.strike(kind, probability=0.05, count=20)
    process = processes.engine()
    wait_until(lambda: world.shown(number).sent > 100, 30, processes.words)
    world.strike(kind)  # from now on every call: it is down
    wait_until(lambda: "server" in processes.status().stdout, 30, processes.words)
    world.heal()

    done(number, process)

    assert check(number, ids) == {"sent": PEOPLE}


@pytest.mark.parametrize("kind", ["close_before", "close_after"])
def test_resets(kind, world, processes, check, done):
    """The engine cannot know which of both it was: each of them is `unknown`, and nobody else."""
    ids = world.populate(PEOPLE)
    number = world.queue()
    world.strike(kind, probability=0.2, count=30)

    done(number, processes.engine())

    assert check(number, ids) == {"sent": PEOPLE - 30, "unknown": 30}
    arrived = len(world.record())
    assert arrived == (PEOPLE if kind == "close_after" else PEOPLE - 30)


def test_slow_answers(world, processes, check, done):
    """A second is waited for; beyond the time-out nobody knows, though it arrives."""
    ids = world.populate(PEOPLE)
    number = world.queue()
    world.strike("latency", seconds=1.0, probability=0.3, count=60)
    world.strike("latency", seconds=4.0, probability=0.1, count=10)

    done(number, processes.engine("--timeout", "2.5"))

    assert check(number, ids) == {"sent": PEOPLE - 10, "unknown": 10}


def test_a_name_that_cannot_be_resolved(world, processes, check, done, wait_until):
    ids = world.populate(20)
    number = world.queue()
    real = {
        "BOT_MODE": "polling",
        "BOT_TOKEN": config.SANDBOX_TOKEN,
    }  # the sandbox is loopback only
    lost = processes.bot(BOT_API_URL="http://api.telegram.invalid", **real)
    wait_until(lambda: "offline" in processes.status(**real).stdout, 60, processes.words)
    # a few may be claimed just now: they are put back by the next transaction
    wait_until(lambda: waits(world.shown(number)), 60, processes.words)
    lost.send_signal(signal.SIGTERM)
    assert lost.wait(15) == 0

    done(number, processes.bot(**real))

    assert check(number, ids) == {"sent": 20}
    with world.database.reading() as session:
        attempts = {row.attempts for row in deliveries.iterate(session, number)}
    assert attempts == {1}, "no try was counted"


def waits(broadcast):
    """Whether all of it waits in the database."""
    return (broadcast.sending, broadcast.pending) == (0, 20)


def test_a_short_outage_is_a_short_pause(world, processes, check, done, wait_until):
    """Many calls fail at once when the network goes: that is one failure, not a minute's pause."""
    ids = world.populate(PEOPLE)
    number = world.queue()
    process = processes.engine(SEND_RATE="1000")
    world.strike("latency", seconds=0.2)
    world.strike("500", count=150)

    done(number, process, timeout=15)

    assert check(number, ids)["sent"] == PEOPLE


def test_a_token_that_is_refused_for_a_while(world, processes, check, done, wait_until):
    ids = world.populate(PEOPLE)
    number = world.queue()
    process = processes.engine("--token-pause", "1")
    wait_until(lambda: world.shown(number).sent > 50, 30, processes.words)
    world.strike("401")
    wait_until(lambda: "token refused" in processes.status().stdout, 30, processes.words)
    wait_until(lambda: world.ask("stats")["errors"].get("401", 0) > 1, 30)
    world.heal()

    done(number, process)

    assert check(number, ids) == {"sent": PEOPLE}


class Migrating:
    """A Bot API where one group has become a supergroup."""

    def __init__(self) -> None:
        self.record: list[tuple[int, int]] = []
        self._lock = threading.Lock()

    def answer(self, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        chat_id = parameters["chat_id"]
        if chat_id == GROUP:
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            parameters = {"migrate_to_chat_id": SUPERGROUP}
            return 400, {
                "ok": False,
                "error_code": 400,
                "description": description,
                "parameters": parameters,
            }
        with self._lock:
            message_id = len(self.record) + 1
            self.record.append((chat_id, message_id))
        return 200, {"ok": True, "result": {"message_id": message_id}}


class Gateway:
    """A proxy before a Bot API: some calls it answers with a page of its own."""

    def __init__(self, status: int, times: int, *, delivers: bool) -> None:
        self.record: list[tuple[int, int]] = []
        self._status, self._left, self._delivers = status, times, delivers
        self._lock = threading.Lock()

    def heal(self) -> None:
        with self._lock:
            self._left = 0

    def answer(self, parameters: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        chat_id = parameters["chat_id"]
        with self._lock:
            refuses = self._left > 0 and chat_id % 3 == 0
            self._left -= int(refuses)
            if refuses and not self._delivers:
                return self._status, None
            message_id = len(self.record) + 1
            self.record.append((chat_id, message_id))
        if refuses:
            return self._status, None
        return 200, {"ok": True, "result": {"message_id": message_id}}


def test_a_group_that_becomes_a_supergroup(world, processes, check, done):
    people = list(range(1, 101))
    world.remember([*people, GROUP])
    number = world.queue()
    api = Migrating()
    with serving(api.answer) as url:
        done(number, processes.engine(BOT_API_URL=url))

    states = check(number, [*people, SUPERGROUP], api.record)
    assert states == {"sent": 101}


def test_a_gateway_that_gave_up_waiting(world, processes, check, done):
    """504: it may have been delivered, as here. So it is `unknown`, and nobody gets it twice."""
    people = list(range(1, 301))
    world.remember(people)
    number = world.queue()
    api = Gateway(504, 20, delivers=True)
    with serving(api.answer) as url:
        done(number, processes.engine(BOT_API_URL=url))

    states = check(number, people, api.record)
    assert states == {"sent": 280, "unknown": 20}
    assert world.shown(number).reasons == {"gateway_timeout": 20}


@pytest.mark.parametrize("status", [403, 404, 413])
def test_a_page_of_a_proxy_fails_nobody(status, world, processes, check, done, wait_until):
    people = list(range(3, 601, 3))
    world.remember(people)
    number = world.queue()
    api = Gateway(status, 1_000_000, delivers=False)
    with serving(api.answer) as url:
        process = processes.engine(BOT_API_URL=url)
        words = f"a proxy is in the way: HTTP {status}"
        wait_until(lambda: words in processes.status().stdout, 30, processes.words)
        assert world.shown(number).failed == 0
        api.heal()
        done(number, process)

    assert check(number, people, api.record) == {"sent": 200}
