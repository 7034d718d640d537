"""A fast fake Bot API for benchmarks: accepts sends after a fixed delay and counts what it saw.

It does as little as possible, so that what is measured is the sender: no validation, no state but
counters. `GET /stats` returns them; the limit, if any, is a true sliding second.

    python benchmarks/fake_api.py --port 9000 --delay 0.05 [--limit 30]
"""

import argparse
import asyncio
import json
import re
import time
from collections import Counter, deque

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CHAT = re.compile(rb'chat_id"?[=:] *"?(-?\d+)')


class World:
    """What the server saw."""

    def __init__(self, delay: float, limit: int | None) -> None:
        self.delay = delay
        self.limit = limit
        self.message_id = 0
        self.accepted = 0
        self.refused = 0
        self.duplicates = 0
        self.seen: set[int] = set()
        self.seconds: Counter[int] = Counter()
        self.window: deque[float] = deque()
        self.peak = 0
        self.first = 0.0
        self.last = 0.0

    def accept(self, chat: int) -> bytes:
        now = time.monotonic()
        while self.window and self.window[0] <= now - 1.0:
            self.window.popleft()
        if self.limit and len(self.window) >= self.limit:
            self.refused += 1
            return _response(
                429,
                b'{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1",'
                b'"parameters":{"retry_after":1}}',
            )
        self.window.append(now)
        self.peak = max(self.peak, len(self.window))
        self.first = self.first or now
        self.last = now
        self.seconds[int(now - self.first)] += 1
        self.accepted += 1
        self.message_id += 1
        if chat in self.seen:
            self.duplicates += 1
        self.seen.add(chat)
        return _response(
            200,
            b'{"ok":true,"result":{"message_id":%d,"from":{"id":1,"is_bot":true,"first_name":"B",'
            b'"username":"b_bot"},"chat":{"id":%d,"type":"private","first_name":"A"},'
            b'"date":1790000000,"text":"x"}}' % (self.message_id, chat),
        )

    def stats(self) -> bytes:
        return json.dumps(
            {
                "accepted": self.accepted,
                "refused": self.refused,
                "duplicates": self.duplicates,
                "peak": self.peak,
                "seconds": self.last - self.first,
                "per_second": [self.seconds[k] for k in sorted(self.seconds)],
            }
        ).encode()


def _response(status: int, body: bytes) -> bytes:
    return (
        b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % (status, len(body))
    ) + body


class Connection(asyncio.Protocol):
    """One kept-alive connection; requests on it are answered in order."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop) -> None:
        self.world = world
        self.loop = loop
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[: end + 4]
            length = int(m.group(1)) if (m := _LENGTH.search(head)) else 0
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self._handle(head, body)

    def _handle(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1]
        if path == b"/stats":
            self._write(_response(200, self.world.stats()))
        elif path.partition(b"?")[0].endswith((b"/getMe", b"/getme")):
            self._write(
                _response(
                    200,
                    b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"B","username":"b_bot"}}',
                )
            )
        else:
            found = _CHAT.search(body) or _CHAT.search(path)
            answer = self.world.accept(int(found.group(1)) if found else 0)
            self.loop.call_later(self.world.delay, self._write, answer)

    def _write(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)


async def serve(port: int, delay: float, limit: int | None) -> None:
    loop = asyncio.get_running_loop()
    world = World(delay, limit)
    server = await loop.create_server(
        lambda: Connection(world, loop), "127.0.0.1", port, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.delay, arguments.limit))
