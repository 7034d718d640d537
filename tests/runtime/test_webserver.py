"""The site on its port: who is being served is not cut off."""

import dataclasses
import inspect
import socket
import threading
import tomllib

import pytest
import requests
from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

from appliance.database import Database
from appliance.errors import Unavailable
from appliance.runtime.webserver import WebPart, check_port
from appliance.web import body_limits, close_app, create_app
from support.network import free_port


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def app(settings, database):
    app = create_app(settings)
    yield app
    close_app(app)


@pytest.fixture
def web(app, settings, port):
    part = WebPart(
        app, dataclasses.replace(settings, port=port), Database.of(app), body_limits(app)
    )
    part.start()
    yield part
    part.ask_to_stop()
    part.join()


@pytest.fixture
def client(web, port):
    """A browser: its cookies, its token."""
    with requests.Session() as client:
        client.site = f"http://127.0.0.1:{port}"
        token = client.get(f"{client.site}/api/v1/session", timeout=5).json()["csrf_token"]
        client.headers["X-CSRF-Token"] = token
        yield client


def register(client):
    body = {"email": "ann@example.org", "password": "correct horse battery", "name": "Ann"}
    return client.post(f"{client.site}/api/v1/auth/register", json=body, timeout=20)


def test_it_serves_and_says_so(client, web, parts, wait_until):
    assert client.get(f"{client.site}/healthz", timeout=5).status_code == 200
    assert web.healthy
    wait_until(lambda: parts()["web"]["state"] == "running")
    web.ask_to_stop()
    web.join()
    assert parts()["web"]["state"] == "stopped"
    with pytest.raises(requests.ConnectionError):
        client.get(f"{client.site}/healthz", timeout=5)
    web.join()


def test_it_tells_no_version(client):
    assert "Server" not in client.get(f"{client.site}/healthz", timeout=5).headers


def test_the_internals_of_waitress_that_are_used(app, settings, root):
    """All of them; where one is gone, WebPart cannot stop without cutting somebody off."""
    loop = inspect.signature(wasyncore.loop).parameters
    assert {"timeout", "use_poll", "map", "count"} <= set(loop)
    assert next(iter(inspect.signature(wasyncore.close_all).parameters)) == "map"
    shutdown = inspect.signature(ThreadedTaskDispatcher.shutdown).parameters
    assert {"cancel_pending", "timeout"} <= set(shutdown)
    sockets = {}
    server = create_server(app, host="127.0.0.1", port=0, map=sockets)
    assert isinstance(server.task_dispatcher, ThreadedTaskDispatcher)
    assert [dispatcher for dispatcher in sockets.values() if dispatcher.accepting] == [server]
    here, there = socket.socketpair()
    with there:
        channel = HTTPChannel(server, here, ("127.0.0.1", 1), server.adj, sockets)
        assert (channel.requests, channel.total_outbufs_len) == ([], 0)
        wasyncore.close_all(sockets)
    assert sockets == {}
    server.task_dispatcher.shutdown(timeout=1)
    pins = tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"]
    assert [pin for pin in pins if pin.startswith("waitress")] == ["waitress>=3,<4"]


@pytest.mark.slow
def test_a_running_request_is_finished_on_stop(client, web, database, wait_until):
    """The request waits for the write lock that the test holds while the site is told to stop."""
    answers = []
    request = threading.Thread(target=lambda: answers.append(register(client)))
    with database.writing():
        request.start()
        wait_until(web.is_busy, 5)
        web.ask_to_stop()
        wait_until(lambda: not _accepts(client.site), 5)
        assert answers == []
    request.join(10)
    assert [answer.status_code for answer in answers] == [201]
    web.join()
    assert answers[0].json()["user"]["email"] == "ann@example.org"


def _accepts(site):
    host, port = site.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


@pytest.mark.slow
def test_an_idle_connection_does_not_hold_the_stop_up(client, web):
    with socket.create_connection(("127.0.0.1", int(client.site.rpartition(":")[2]))):
        web.ask_to_stop()
        thread = threading.Thread(target=web.join)
        thread.start()
        thread.join(5)
        assert not thread.is_alive()


@pytest.mark.parametrize("bind", [check_port, None])
def test_a_port_in_use(app, settings, database, port, bind):
    told = dataclasses.replace(settings, port=port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(Unavailable, match=f"cannot listen on 127.0.0.1 port {port}: .*in use"):
            bind(told) if bind else WebPart(app, told, database, body_limits(app))


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours(settings, host):
    with pytest.raises(Unavailable, match=f"cannot listen on {host}"):
        check_port(dataclasses.replace(settings, host=host))
