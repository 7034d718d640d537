"""Calls over libcurl against real sockets: what left, what came back, and nothing sent twice."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import config
from appliance.delivery.answers.classify import Kind, classify
from appliance.delivery.client import Client
from appliance.services.content import Part, Upload

BODY = b'{"ok":true,"result":{"message_id":1}}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


class RawServer:
    """Reads whole requests and does with each connection what the test says."""

    def __init__(self, react: Callable[[socket.socket, bytes], bool]) -> None:
        self.bodies: list[bytes] = []
        self._react = react
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        buffer = b""
        with connection:
            while data := connection.recv(65536):
                buffer += data
                while b"\r\n\r\n" in buffer:
                    head, rest = buffer.split(b"\r\n\r\n", 1)
                    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                    if len(rest) < length:
                        break
                    body, buffer = rest[:length], rest[length:]
                    self.bodies.append(body)
                    if not self._react(connection, body):
                        return


def collect(client, count, seconds=10):
    answers = {}
    deadline = time.monotonic() + seconds
    while len(answers) < count and time.monotonic() < deadline:
        answers.update(client.poll(0.1))
    return answers


@pytest.fixture
def serve():
    opened = []

    def serve(react, timeout=5, ca=None):
        server = RawServer(react)
        client = Client(server.url, config.SANDBOX_TOKEN, timeout=timeout, ca=ca)
        opened.extend((client, server))
        return server, client

    yield serve
    for thing in opened:
        thing.close()


def answering(connection, body):
    connection.sendall(OK)
    return True


def closing_on_drop(connection, body):
    return b"drop" not in body and answering(connection, body)


def test_calls_are_answered_and_connections_reused(serve):
    server, client = serve(answering)
    for number in range(50):
        client.start(str(number), "sendMessage", b'{"chat_id":%d}' % number)

    answers = collect(client, 50)

    assert {classify(a).kind for a in answers.values()} == {Kind.SENT}
    assert len(server.bodies) == 50
    assert client.in_flight == 0


def test_a_connection_lost_after_the_request_is_unknown_and_never_sent_again(serve):
    """libcurl repeats a POST on a kept-alive connection that is lost, unless it cannot rewind."""
    server, client = serve(closing_on_drop)
    client.start("first", "sendMessage", b"one")
    collect(client, 1)
    client.start("second", "sendMessage", b"drop")

    answer = collect(client, 1)["second"]

    assert classify(answer).kind == Kind.UNKNOWN
    assert server.bodies.count(b"drop") == 1


def test_a_connection_lost_on_a_fresh_connection_is_unknown_too(serve):
    server, client = serve(closing_on_drop)
    client.start("only", "sendMessage", b"drop")

    assert classify(collect(client, 1)["only"]).kind == Kind.UNKNOWN
    assert server.bodies == [b"drop"]


def test_half_an_answer_is_unknown(serve):
    def half(connection, body):
        connection.sendall(OK[:60])
        return False

    _, client = serve(half)
    client.start("only", "sendMessage", b"x")

    assert classify(collect(client, 1)["only"]).kind == Kind.UNKNOWN


def test_a_server_that_never_answers_is_unknown(serve):
    server, client = serve(lambda connection, body: True, timeout=0.3)
    client.start("only", "sendMessage", b"x")

    assert classify(collect(client, 1)["only"]).kind == Kind.UNKNOWN
    assert server.bodies == [b"x"]


def test_a_refused_connection_never_left():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}", config.SANDBOX_TOKEN)
    client.start("only", "sendMessage", b"x")

    assert classify(collect(client, 1)["only"]).kind == Kind.OFFLINE
    client.close()


def test_an_unknown_host_never_left():
    client = Client("http://nobody.invalid", config.SANDBOX_TOKEN)
    client.start("only", "sendMessage", b"x")

    assert classify(collect(client, 1, 30)["only"]).kind == Kind.OFFLINE
    client.close()


def test_a_long_body_arrives_whole(serve):
    server, client = serve(answering)
    body = bytes(range(256)) * 2000
    client.start("only", "sendMessage", body)

    assert classify(collect(client, 1)["only"]).kind == Kind.SENT
    assert server.bodies == [body]


def test_the_token_is_in_no_answer(serve):
    _, client = serve(lambda connection, body: False)
    client.start("only", "sendMessage", b"x")

    assert config.SANDBOX_TOKEN not in repr(collect(client, 1))


def test_wake_ends_a_wait(serve):
    _, client = serve(answering)
    client.wake()
    ended = threading.Event()
    threading.Thread(target=lambda: (client.poll(60), ended.set()), daemon=True).start()

    assert ended.wait(10)


def test_a_file_is_uploaded_as_a_form(serve, tmp_path):
    server, client = serve(answering)
    picture = tmp_path / "sum"
    picture.write_bytes(b"\x89PNG picture" * 1000)
    upload = Upload(
        "sendPhoto",
        {"chat_id": "5", "caption": "Привет"},
        (Part("photo", picture, "a b.png", "image/png"),),
    )

    client.upload("only", upload)

    assert classify(collect(client, 1)["only"]).kind == Kind.SENT
    (body,) = server.bodies
    assert picture.read_bytes() in body
    assert "Привет".encode() in body
    assert b'name="photo"; filename="a b.png"' in body


def test_files_and_certificates_may_lie_under_any_name(serve, tmp_path):
    """pycurl takes text that is ASCII, or bytes."""
    folder = tmp_path / "дом %41?"
    folder.mkdir()
    (folder / "ca.pem").touch()
    (folder / "файл").write_bytes(b"the file")
    server, client = serve(answering, ca=folder / "ca.pem")
    part = Part("document", folder / "файл", "Отчёт.txt", "text/plain")

    client.upload("only", Upload("sendDocument", {}, (part,)))

    assert classify(collect(client, 1)["only"]).kind == Kind.SENT
    assert 'filename="Отчёт.txt"'.encode() in server.bodies[0]


@pytest.mark.parametrize("name", ["a\0b", "half \ud800"])
def test_a_name_that_no_form_can_carry_begins_nothing(name, serve, tmp_path):
    server, client = serve(answering)
    (tmp_path / "p").write_bytes(b"p")
    part = Part("document", tmp_path / "p", name, "text/plain")

    with pytest.raises(ValueError, match=r"null|surrogates"):
        client.upload("only", Upload("sendDocument", {}, (part,)))

    assert (client.in_flight, server.bodies) == (0, [])


def test_an_upload_without_an_answer_is_unknown_and_not_repeated(serve, tmp_path):
    server, client = serve(
        lambda connection, body: b"photo" not in body and answering(connection, body)
    )
    client.start("first", "sendMessage", b"one")
    collect(client, 1)
    picture = tmp_path / "p"
    picture.write_bytes(b"p" * 100)
    parts = (Part("photo", picture, "p.png", "image/png"),)
    client.upload("second", Upload("sendPhoto", {}, parts))

    assert classify(collect(client, 1)["second"]).kind == Kind.UNKNOWN
    assert sum(b"photo" in body for body in server.bodies) == 1


def uploading(path):
    return Upload("sendPhoto", {}, (Part("photo", path, "p.png", "image/png"),))


def test_a_file_that_is_gone_or_cannot_be_read_begins_nothing(serve, tmp_path):
    """libcurl would send a directory as an empty file, and says only “26” of all else."""
    server, client = serve(answering)
    (tmp_path / "directory").mkdir()
    for path in (tmp_path / "nothing", tmp_path / "directory", Path("/proc/self/mem/x")):
        with pytest.raises(OSError) as raised:
            client.upload("only", uploading(path))
        assert raised.value.strerror
    assert client.in_flight == 0
    assert server.bodies == []


def test_a_file_that_goes_away_between_two_looks_begins_nothing(serve, tmp_path):
    _, client = serve(answering)
    (tmp_path / "p").write_bytes(b"p")

    class Going(type(tmp_path)):
        def open(self, *args, **kwargs):
            opened = super().open(*args, **kwargs)
            self.unlink()
            return opened

    with pytest.raises(OSError, match="p"):
        client.upload("only", uploading(Going(tmp_path / "p")))
    assert client.in_flight == 0
