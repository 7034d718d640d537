"""Files from the Bot API: fetched whole or not at all, and never a word with the token."""

import logging
import socket
from contextlib import suppress
from http.server import HTTPServer

import pytest
import requests

from appliance.config import SANDBOX_TOKEN
from appliance.errors import NotFound, Unavailable
from appliance.services import bot_files
from appliance.services.bot_files import BotFiles
from support.network import QuietHandler, serving


@pytest.fixture
def file_id(sandbox):
    """A document of 3 MB that a bot has sent to a simulated person."""
    person = requests.post(f"{sandbox.url}/sandbox/people", json={}, timeout=10).json()["id"]
    requests.post(f"{sandbox.url}/sandbox/people/{person}/start", json={}, timeout=10)
    answer = requests.post(
        f"{sandbox.url}/bot{SANDBOX_TOKEN}/sendDocument",
        data={"chat_id": person},
        files={"document": ("a.bin", b"abc" * 1_000_000)},
        timeout=10,
    ).json()
    return str(answer["result"]["document"]["file_id"])


@pytest.fixture
def server():
    """A server that says to every request what `server.answer` is."""

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            status, body = self.server.answer  # type: ignore[attr-defined]
            if self.path.startswith("/bot") and isinstance(body, tuple):
                body = body[0]
            elif isinstance(body, tuple):
                body = body[1]
            self.read_body()
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        do_POST = do_GET

    server = HTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield server


def test_a_file_is_fetched_whole(sandbox, file_id):
    with BotFiles(sandbox.url, SANDBOX_TOKEN).open(file_id) as file:
        assert file.read() == b"abc" * 1_000_000


def test_a_file_that_is_gone(sandbox):
    with pytest.raises(NotFound):
        BotFiles(sandbox.url, SANDBOX_TOKEN).open("nothing")


FOUND = b'{"ok": true, "result": {"file_path": "a/b c"}}'


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((200, (FOUND, b"x" * (bot_files.MAX_BYTES + 1))), Unavailable),
        ((200, b"no JSON"), Unavailable),
        ((200, b'{"ok": true, "result": {"file_path": "/etc/passwd"}}'), NotFound),
        ((200, b'{"ok": true, "result": {"file_path": 5}}'), NotFound),
        ((200, b'{"ok": true, "result": []}'), NotFound),
        ((400, b'{"ok": false, "description": "wrong file_id"}'), NotFound),
        ((401, b'{"ok": false}'), Unavailable),
        ((429, b'{"ok": false}'), Unavailable),
        ((302, b'{"ok": false}'), NotFound),
        ((502, b"<html>"), Unavailable),
    ],
)
def test_what_goes_wrong_is_told_without_the_token(server, caplog, answer, kind):
    server.answer = answer
    caplog.set_level(logging.DEBUG)
    with pytest.raises(kind) as raised:
        BotFiles(f"http://127.0.0.1:{server.server_port}", "1:SECRET").open("F")
    assert raised.value.__cause__ is raised.value.__context__ is None
    assert "SECRET" not in f"{raised.value}{raised.value!r}{caplog.text}"
    assert "SECRET" not in repr(BotFiles("", "1:SECRET"))


def test_a_server_that_is_not_there():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(Unavailable) as raised:
            BotFiles(url, "1:SECRET").open("F")
    assert "SECRET" not in str(raised.value)
