"""Calls to an issuer: whatever it answers, the site goes on."""

import contextlib
import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.errors import Unauthorized, Unavailable
from appliance.services.telegram_auth import oidc_http

AUTH = ("4242", "secret-of-the-client")
KEYS = "/.well-known/jwks.json"


def test_an_object(issuer):
    assert "keys" in oidc_http.get(f"{issuer.url}{KEYS}")


def test_the_largest(issuer):
    issuer.answers[KEYS] = 200, b"{}".rjust(oidc_http.MAX_BYTES)
    assert oidc_http.get(f"{issuer.url}{KEYS}") == {}


def test_a_form_that_is_taken(issuer):
    issuer.answers["/token"] = 200, b'{"id_token": "a.b.c"}'
    assert oidc_http.post_form(f"{issuer.url}/token", {}, AUTH) == {"id_token": "a.b.c"}


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"[]"),
        (200, b""),
        (200, b"\xff"),
        (200, b"{" * 100_000),
        (200, b"{}".rjust(oidc_http.MAX_BYTES + 1)),
        (204, b""),
        (301, b"{}"),
        (404, b"{}"),
        (429, b"{}"),
        (503, b"{}"),
    ],
    ids=lambda answer: f"{answer[0]}-{answer[1][:3]!r}",
)
def test_what_is_no_object(issuer, answer, caplog):
    issuer.answers[KEYS] = answer
    with pytest.raises(Unavailable):
        oidc_http.get(f"{issuer.url}{KEYS}")
    assert f"{issuer.url}{KEYS}: status {answer[0]}" in caplog.text


@pytest.mark.parametrize("status", [302, 307, 308])
def test_nothing_is_sent_on_to_where_an_answer_points(issuer, status):
    """The code and the client's secret are the issuer's to know."""
    issuer.answers["/token"] = status, b"{}"
    with pytest.raises(Unavailable):
        oidc_http.post_form(f"{issuer.url}/token", {"code": "CODE"}, AUTH)
    assert issuer.calls == ["/token"]


@pytest.mark.parametrize("status", [400, 401, 403, 499])
def test_a_refusal(issuer, caplog, status):
    issuer.answers["/token"] = status, b'{"error": "invalid_grant", "error_description": "it: XYZ"}'
    with pytest.raises(Unauthorized):
        oidc_http.post_form(f"{issuer.url}/token", {"code": "CODE"}, AUTH)
    assert "invalid_grant" in caplog.text
    assert not any(word in caplog.text for word in ("XYZ", "CODE", "secret-of-the-client"))


def test_a_long_word_is_cut(issuer, caplog):
    issuer.answers["/token"] = 400, json.dumps({"error": "w" * 41}).encode()
    with pytest.raises(Unauthorized):
        oidc_http.post_form(f"{issuer.url}/token", {}, AUTH)
    assert "w" * 40 in caplog.text and "w" * 41 not in caplog.text


@pytest.mark.parametrize("body", [b"", b"[]", b'{"error": {"a": 1}}', b'{"error": "a b\\nc"}'])
def test_a_refusal_without_a_word(issuer, caplog, body):
    issuer.answers["/token"] = 400, body
    with pytest.raises(Unauthorized):
        oidc_http.post_form(f"{issuer.url}/token", {}, AUTH)
    assert "without a word" in caplog.text


@pytest.mark.parametrize("answer", [(399, b"{}"), (429, b"{}"), (500, b"{}"), (200, b"[]")])
def test_trouble_of_the_issuer_is_not_the_visitors(issuer, answer):
    issuer.answers["/token"] = answer
    with pytest.raises(Unavailable):
        oidc_http.post_form(f"{issuer.url}/token", {}, AUTH)


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/token"
    with pytest.raises(Unavailable):
        oidc_http.post_form(url, {}, AUTH)


@pytest.fixture
def raw_answer():
    """`raw_answer(give)`: the address of a server that lets `give(socket)` answer one request."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as elsewhere:

        def serve(give):
            def answer():
                peer, _ = server.accept()
                with peer:
                    peer.recv(4096)
                    give(peer)

            elsewhere.submit(answer)
            return f"http://127.0.0.1:{server.getsockname()[1]}/"

        yield serve


def test_a_broken_answer(raw_answer):
    """It says a length and closes before."""
    url = raw_answer(lambda peer: peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"))
    with pytest.raises(Unavailable):
        oidc_http.get(url)


def test_an_answer_without_an_end_is_read_no_further_than_the_largest(raw_answer):
    def give(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):  # it closes
            while True:
                peer.sendall(b" " * 2**20)

    with pytest.raises(Unavailable):
        oidc_http.get(raw_answer(give))
