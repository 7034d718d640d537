"""The control API's caller."""

import socket

import pytest

from appliance.errors import ConfigError, Conflict, Invalid, NotFound, Unavailable
from appliance.sandbox.client import ControlClient


def test_answers_and_domain_errors(api):
    client = ControlClient(api.url)
    person = client.call("POST", "/people", {"first_name": "Anna"})
    client.call("POST", f"/people/{person['id']}/block", {})
    assert client.call("GET", f"/people/{person['id']}")["blocked"]
    assert client.call("DELETE", "/faults") is None
    with pytest.raises(NotFound, match="no simulated person 5"):
        client.call("GET", "/people/5")
    with pytest.raises(Invalid, match="kind"):
        client.call("POST", "/faults", {})
    with pytest.raises(Conflict, match="blocked"):
        client.call("POST", f"/people/{person['id']}/send", {"text": "x"})


@pytest.mark.parametrize("url", ["http://example.com", "https://127.0.0.1", "127.0.0.1:80", ""])
def test_loopback_only(url):
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1:PORT"):
        ControlClient(url)


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unavailable, match="no simulator answers"):
        ControlClient(f"http://127.0.0.1:{port}").call("GET", "/people")
