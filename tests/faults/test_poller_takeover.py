"""Two bots with one token: one listens, the other stands by and takes over from a killed one."""

import signal
import threading
import time
from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from appliance.config import SANDBOX_TOKEN
from appliance.services import status

pytestmark = pytest.mark.slow


def listener(database):
    """The process that holds the updates part, and the state it shows; (0, …) for none."""
    with database.reading() as session:
        part = status.document(session)["parts"]["updates"]
    holder = part["holder"]
    alive = holder and part["state"] not in {"stopped", "dead"}
    return (int(holder.split()[-2]) if alive else 0), str(part["state"])


def test_the_second_takes_over_within_fifteen_seconds(world, processes, database, wait_until):
    first = processes.bot()
    wait_until(lambda: listener(database) == (first.pid, "running"), 20, processes.words)
    second = processes.bot()
    answers(world, 1, wait_until, processes)
    first.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    first.wait()
    world.ask("people", {"count": 3, "start": True})
    wait_until(lambda: listener(database)[0] == second.pid, 15, processes.words)
    wait_until(lambda: answered(world) == 4, 15, processes.words)
    assert time.monotonic() - killed < 15
    wait_until(lambda: listener(database) == (second.pid, "running"), 10, processes.words)
    assert "conflict" not in processes.words()
    second.send_signal(signal.SIGTERM)
    assert second.wait(15) == 0


def test_one_from_elsewhere_is_named(world, processes, database, wait_until):
    """Another machine has another database, and so no lease to wait for: Telegram says 409."""
    processes.bot()
    wait_until(lambda: listener(database)[1] == "running", 20, processes.words)

    done = threading.Event()
    other = threading.Thread(target=poll_until, args=(done, world.url))
    other.start()
    try:
        wait_until(lambda: "another program polls" in shown(processes), 60, processes.words)
    finally:
        done.set()
        other.join()


def poll_until(done, url):
    """As another program with the same token does, one that does not give way."""
    while not done.is_set():
        with suppress(HTTPError):
            urlopen(f"{url}/bot{SANDBOX_TOKEN}/getUpdates?timeout=5", timeout=20).close()


def shown(processes):
    return str(processes.status().stdout)


def answers(world, count, wait_until, processes):
    world.ask("people", {"count": count, "start": True})
    wait_until(lambda: answered(world) == count, 15, processes.words)


def answered(world):
    return len(world.ask("record?after=0&limit=1000")["record"])
