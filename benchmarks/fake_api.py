"""A fast fake Bot API for benchmarks: accepts sends after a fixed delay and counts what it saw.

It does as little as possible, so that what is measured is the sender: one epoll loop, no
validation, no state but counters. `GET /stats` returns them; a limit is a true sliding second.

    python benchmarks/fake_api.py --port 9000 --delay 0.05 [--limit 30]
    python benchmarks/fake_api.py --measure      how many answers a second it gives on one core
"""

import argparse
import json
import re
import select
import socket
import subprocess
import sys
import time
from collections import deque
from heapq import heappop, heappush

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CHAT = re.compile(rb'chat_id"?[\s=:]*"?(-?\d+)')  # JSON, urlencoded and multipart alike
_TIMEOUT = re.compile(rb'timeout"?[\s=:]*"?(\d+)')
_BOT = b'{"id":1,"is_bot":true,"first_name":"B","username":"b_bot"}'
_HEAD = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_WEBHOOK = b'{"url":"","has_custom_certificate":false,"pending_update_count":0}'
_SENDS = (b"send", b"copy", b"edit", b"forward")
MAX_EVENTS = 1024


class World:
    """What the server saw."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.accepted = self.refused = self.duplicates = self.peak = 0
        self.seen: set[int] = set()
        self.seconds: list[int] = []
        self.window: deque[float] = deque()
        self.first = self.last = 0.0

    def accept(self, chat: int, now: float) -> bytes:
        """The answer to a send."""
        window = self.window
        while window and window[0] <= now - 1.0:
            window.popleft()
        if self.limit and len(window) >= self.limit:
            self.refused += 1
            return _response(
                429,
                b'{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1",'
                b'"parameters":{"retry_after":1}}',
            )
        window.append(now)
        self.accepted += 1
        self._count(chat, now)
        return _response(
            200,
            b'{"ok":true,"result":{"message_id":%d,"from":%b,"chat":{"id":%d,"type":"private",'
            b'"first_name":"A"},"date":1790000000,"text":"x"}}' % (self.accepted, _BOT, chat),
        )

    def stats(self) -> bytes:
        return json.dumps(
            {
                "accepted": self.accepted,
                "refused": self.refused,
                "duplicates": self.duplicates,
                "peak": self.peak,
                "first": self.first,
                "last": self.last,
                "seconds": self.last - self.first,
                "per_second": self.seconds,
                "cpu": time.process_time(),
            }
        ).encode()

    def _count(self, chat: int, now: float) -> None:
        self.peak = max(self.peak, len(self.window))
        self.first = self.first or now
        self.last = now
        second = int(now - self.first)
        while len(self.seconds) <= second:
            self.seconds.append(0)
        self.seconds[second] += 1
        if chat in self.seen:
            self.duplicates += 1
        self.seen.add(chat)


class Connection:
    """One kept-alive connection with what was read of it and not yet understood."""

    __slots__ = ("buffer", "socket")

    def __init__(self, own: socket.socket) -> None:
        self.socket = own
        self.buffer = b""

    def write(self, answer: bytes) -> None:
        try:
            self.socket.send(answer)  # some 300 bytes: a socket's buffer holds hundreds of them
        except OSError:
            return


class Server:
    """Reads, counts, and answers what is due; `run` returns when `stop` was asked for."""

    def __init__(self, port: int, delay: float, limit: int | None) -> None:
        self.world = World(limit)
        self.delay = delay
        self._listener = socket.create_server(("127.0.0.1", port), backlog=4096)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN)
        self._connections: dict[int, Connection] = {}
        self._due: deque[tuple[float, Connection, bytes]] = deque()  # one delay: already in order
        self._polls: list[tuple[float, int, Connection]] = []  # getUpdates, a heap

    def run(self) -> None:
        while True:
            for fd, _ in self._epoll.poll(self._wait(), MAX_EVENTS):
                connection = self._connections.get(fd)
                if connection is None:
                    self._accept()
                else:
                    self._read(fd, connection)
            self._answer(time.monotonic())

    def _wait(self) -> float:
        times = [self._due[0][0]] if self._due else []
        if self._polls:
            times.append(self._polls[0][0])
        return max(0.0, min(times) - time.monotonic()) if times else 1.0

    def _answer(self, now: float) -> None:
        due = self._due
        while due and due[0][0] <= now:
            _, connection, answer = due.popleft()
            connection.write(answer)
        while self._polls and self._polls[0][0] <= now:
            heappop(self._polls)[2].write(_response(200, b'{"ok":true,"result":[]}'))

    def _accept(self) -> None:
        try:
            while True:
                own, _ = self._listener.accept()
                own.setblocking(False)
                own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._connections[own.fileno()] = Connection(own)
                self._epoll.register(own.fileno(), select.EPOLLIN)
        except BlockingIOError:
            return

    def _read(self, fd: int, connection: Connection) -> None:
        try:
            data = connection.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._epoll.unregister(fd)
            del self._connections[fd]
            connection.socket.close()
            return
        data = connection.buffer + data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            found = _LENGTH.search(data, 0, end + 2)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(data) < whole:
                break
            self._handle(connection, data[:end], data[end + 4 : whole])
            data = data[whole:]
        connection.buffer = data

    def _handle(self, connection: Connection, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1]
        method = path.partition(b"?")[0].rpartition(b"/")[2].lower()
        now = time.monotonic()
        if method.startswith(_SENDS):
            found = _CHAT.search(body) or _CHAT.search(path)
            answer = self.world.accept(int(found[1]) if found else 0, now)
            self._due.append((now + self.delay, connection, answer))
        elif method == b"getupdates":
            found = _TIMEOUT.search(body) or _TIMEOUT.search(path)
            heappush(self._polls, (now + int(found[1] if found else 0), id(connection), connection))
        else:
            connection.write(self._other(path, method))

    def _other(self, path: bytes, method: bytes) -> bytes:
        if path == b"/stats":
            return _response(200, self.world.stats())
        result = {b"getme": _BOT, b"getwebhookinfo": _WEBHOOK}.get(method, b"true")
        return _response(200, b'{"ok":true,"result":%b}' % result)


def _response(status: int, body: bytes) -> bytes:
    return _HEAD % (status, len(body)) + body


def measure(seconds: float = 3.0, connections: int = 64) -> float:
    """Answers for each second of its own CPU, asked by plain sockets as fast as they can."""
    body = b'{"chat_id":1234567890,"text":"Hello, this is a message of some length to you."}'
    request = b"POST /bot1:x/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b"
    request %= (len(body), body)
    child = subprocess.Popen(  # noqa: S603 - this very file
        [sys.executable, __file__, "--delay", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None  # noqa: S101 - it is a pipe
        address = ("127.0.0.1", int(child.stdout.readline()))
        sockets = [socket.create_connection(address) for _ in range(connections)]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for own in sockets:
                own.sendall(request)
            for own in sockets:
                own.recv(4096)
        sockets[0].sendall(b"GET /stats HTTP/1.1\r\n\r\n")
        stats = json.loads(sockets[0].recv(1 << 20).partition(b"\r\n\r\n")[2])
        return float(stats["accepted"] / stats["cpu"])
    finally:
        child.kill()
        child.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--limit", type=int, help="sends allowed in any sliding second")
    parser.add_argument("--measure", action="store_true")
    arguments = parser.parse_args()
    if arguments.measure:
        print(f"{measure():,.0f} answers for a second of CPU")
        return
    server = Server(arguments.port, arguments.delay, arguments.limit)
    print(server.port, flush=True)
    server.run()


if __name__ == "__main__":
    main()
