"""Bodies that are too large are refused while they come in, before they are on the disk.

waitress writes a body to a temporary file before the application sees the request, and has one
limit for all; only uploads take more than a megabyte. It documents none of the names used here:
tests/runtime/test_body_limits.py shows that they still do what they should.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import RequestEntityTooLarge

LimitOf = Callable[[str, str], int]
"""By method and path: how many bytes the body may have."""


def channel_class(limit_of: LimitOf) -> type[HTTPChannel]:
    """Connections whose bodies have these limits."""

    class Parser(HTTPRequestParser):  # type: ignore[misc]
        adj: Any
        error: Any
        limit = 0

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            if self.content_length or self.chunked:
                self.limit = limit_of(self.command, self.path)
                self.adj = copy.copy(self.adj)
                self.adj.max_request_body_size = self.limit + 1

        def received(self, data: bytes) -> int:
            consumed: int = super().received(data)
            if type(self.error) is RequestEntityTooLarge:
                self.error = _TooLarge(self.limit)
            return consumed

    class Channel(HTTPChannel):  # type: ignore[misc]
        parser_class = Parser

    return Channel


class _TooLarge(RequestEntityTooLarge):  # type: ignore[misc]
    """As the application answers to a body that is too large."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is too large: the limit is {limit // 2**20} MiB")

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": self.reason,
            "status": self.code,
            "detail": self.body,
        }
        headers = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
        return f"{self.code} {self.reason}", headers, json.dumps(problem).encode()
