"""The whole process: its parts together, and a second process that takes over."""

import dataclasses
import os
import signal
import socket
import threading
from urllib.request import urlopen

import pytest

from appliance.crud.chats import chats
from appliance.errors import SchemaError, Unavailable
from appliance.models import Broadcast
from appliance.runtime import Runtime
from appliance.services.broadcasts import NewBroadcast, create
from support.network import free_port
from support.stored import find_row

LEASED = ("updates", "delivery", "schedule")


@pytest.fixture
def port():
    return free_port()


def test_without_a_database_nothing_starts(settings):
    with pytest.raises(SchemaError):
        Runtime(settings)


def test_a_port_in_use_leaves_nothing_running(settings, database, port):
    before = threading.active_count()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(Unavailable):
            Runtime(dataclasses.replace(settings, port=port))
    assert threading.active_count() == before
    assert not (settings.data / "sandbox.jsonl").exists()


@pytest.mark.slow
def test_parts_with_a_simulator_inside(settings, database, port, parts, wait_until):
    told = dataclasses.replace(settings, port=port)
    with Runtime(told) as runtime:
        wait_until(lambda: {part["state"] for part in parts().values()}.isdisjoint({"stopped"}), 15)
        with urlopen(f"{runtime.settings.api_url}/sandbox/people", timeout=5) as answer:
            assert answer.status == 200
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            assert answer.status == 200
        runtime.stop()
        assert {part["state"] for part in parts().values()} == {"stopped"}
    runtime.stop()
    assert not any(thread.name in LEASED for thread in threading.enumerate())


@pytest.mark.slow
def test_systemd_is_told(settings, database, tmp_path, monkeypatch, wait_until):
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(10)
        asked = threading.Event()
        with Runtime(dataclasses.replace(settings, bot_mode="off"), web=False) as runtime:
            assert listener.recv(100) == b"READY=1"
            waiting = threading.Thread(target=runtime.wait, args=(asked,))
            waiting.start()
            assert listener.recv(100) == b"WATCHDOG=1"
            asked.set()
            waiting.join(5)
        assert listener.recv(100) == b"STOPPING=1"


def pids(parts):
    """Which process has which leased part; empty when one is not held by a living one."""
    found = {name: part for name, part in parts().items() if name in LEASED}
    if any(part["state"] in {"stopped", "dead"} for part in found.values()):
        return {}
    return {name: int(part["holder"].split()[-2]) for name, part in found.items()}


@pytest.mark.slow
def test_a_second_process_takes_over_from_a_killed_one(
    with_simulator, database, start, parts, wait_until, ask
):
    first = start("bot")
    wait_until(lambda: set(pids(parts).values()) == {first.pid}, 20, first.log)
    second = start("bot")
    _people(ask, 1)
    _arrive(database, wait_until, 1)
    assert set(pids(parts).values()) == {first.pid}
    assert second.poll() is None
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    wait_until(lambda: set(pids(parts).values()) == {second.pid}, 20, second.log)
    _people(ask, 2)
    _arrive(database, wait_until, 3)
    with database.writing() as session:
        number = create(session, NewBroadcast("hello", to=("all",)))[0].id
    wait_until(lambda: _sent(database, number) == 3, 20, second.log)
    second.terminate()
    assert second.wait(15) == 0


def _people(ask, count):
    ask("people", {"count": count, "start": True})


def _arrive(database, wait_until, count):
    def known():
        with database.reading() as session:
            return chats.count(session, chats.ChatFilter()) == count

    wait_until(known, 20)


def _sent(database, number):
    return find_row(database, Broadcast, number).sent
