"""What systemd is told, on a real datagram socket."""

import socket
from uuid import uuid4

import pytest

from appliance.runtime.systemd import Systemd


@pytest.mark.parametrize("abstract", [False, True])
def test_ready_alive_stopping(tmp_path, abstract):
    name = f"@appliance-{uuid4()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name[1:] if abstract else name)
        listener.settimeout(5)
        systemd = Systemd(name)
        systemd.ready()
        systemd.alive()
        systemd.stopping()
        assert [listener.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_without_systemd_nothing_happens():
    Systemd().ready()


def test_a_systemd_that_is_gone_stops_nothing(tmp_path):
    Systemd(str(tmp_path / "nobody-listens")).alive()


def test_where_it_listens_is_in_the_environment(tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(5)
        Systemd().ready()
        assert listener.recv(100) == b"READY=1"
