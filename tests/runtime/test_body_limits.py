"""A body that is too large is refused at its head, or at the byte that is too much."""

import dataclasses
import json
import socket

import pytest

from appliance.database import Database
from appliance.runtime.webserver import WebPart
from appliance.web import MAX_BODY_BYTES, body_limits, close_app, create_app
from support.network import free_port


@pytest.fixture
def connect(settings, database):
    app, port = create_app(settings), free_port()
    told = dataclasses.replace(settings, port=port)
    part = WebPart(app, told, Database.of(app), body_limits(app))
    part.start()
    yield lambda: socket.create_connection(("127.0.0.1", port), 10)
    part.ask_to_stop()
    part.join()
    close_app(app)


def ask(connection, path, *headers):
    lines = [f"POST {path} HTTP/1.1", "Host: a", "Content-Type: application/json", *headers]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())


def read_refusal(connection):
    head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 "), head
    assert b"application/problem+json" in head
    return json.loads(body)


@pytest.mark.parametrize("path", ["/api/v1/auth/login", "/nope", "/api/v1/media/7"])
def test_a_length_that_is_too_large_is_refused_without_the_body(connect, path):
    with connect() as connection:
        ask(connection, path, f"Content-Length: {MAX_BODY_BYTES + 1}")
        assert read_refusal(connection)["detail"] == "the body is too large: the limit is 1 MiB"


def test_chunks_are_counted(connect):
    with connect() as connection:
        ask(connection, "/api/v1/auth/login", "Transfer-Encoding: chunked")
        connection.sendall(b"%x\r\n" % (MAX_BODY_BYTES + 1) + b" " * (MAX_BODY_BYTES + 1))
        assert read_refusal(connection)["status"] == 413


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/api/v1/auth/login", MAX_BODY_BYTES),
        ("/api/v1/media", 51 * 1024 * 1024),
        ("/api/v1/inbox/7/files", 51 * 1024 * 1024),
    ],
)
def test_what_may_come_is_waited_for(connect, path, size):
    with connect() as connection:
        ask(connection, path, f"Content-Length: {size}", "Expect: 100-continue")
        assert connection.recv(21) == b"HTTP/1.1 100 Continue"


def test_uploads_have_their_own_limit(connect):
    with connect() as connection:
        ask(connection, "/api/v1/media", f"Content-Length: {51 * 1024 * 1024 + 1}")
        assert read_refusal(connection)["detail"].endswith("the limit is 51 MiB")
