"""A server that answers byte by byte what a test says, and how a test takes the answers."""

import itertools
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

BODY = b'{"ok":true,"result":{"message_id":1}}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


class RawServer:
    """Reads whole requests and does with each connection what the test says.

    `bodies` holds their bodies and `used` the number of the connection each came by; `left` is set
    when one has ended.
    """

    def __init__(self, react: Callable[[socket.socket, bytes], bool]) -> None:
        self.bodies: list[bytes] = []
        self.used: list[int] = []
        self.left = threading.Event()
        self._react = react
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):  # closed already
            self._listener.shutdown(socket.SHUT_RDWR)  # or it listens on until `accept` returns
        self._listener.close()

    def _accept(self) -> None:
        for number in itertools.count():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, suppress(ConnectionError):  # a client that is closed hangs up as it likes
            self._answer(connection, number)
        self.left.set()

    def _answer(self, connection: socket.socket, number: int) -> None:
        buffer = b""
        while data := connection.recv(65536):
            buffer += data
            while b"\r\n\r\n" in buffer:
                head, rest = buffer.split(b"\r\n\r\n", 1)
                said = re.search(rb"content-length: *(\d+)", head.lower())
                length = int(said[1]) if said else 0
                if len(rest) < length:
                    break
                body, buffer = rest[:length], rest[length:]
                self.bodies.append(body)
                self.used.append(number)
                if not self._react(connection, body):
                    return


def collect(client, count, seconds=10):
    answers = {}
    deadline = time.monotonic() + seconds
    while len(answers) < count and time.monotonic() < deadline:
        answers.update(client.poll(0.1))
    return answers


def answering(connection, body):
    connection.sendall(OK)
    return True


def closing_on_drop(connection, body):
    return b"drop" not in body and answering(connection, body)


def silent(connection, body):
    return True


def hanging_up(connection, body):
    return False


def saying(words):
    """Says them to every request and stays."""

    def say(connection, body):
        connection.sendall(words)
        return True

    return say


def ends(call):
    """Whether it ends by itself."""
    ended = threading.Event()
    threading.Thread(target=lambda: (call(), ended.set()), daemon=True).start()
    return ended.wait(10)
