"""The queue of updates and the long poll that empties it."""

import asyncio
import random
from collections import deque
from typing import Any

from appliance.sandbox.protocol.errors import conflict

Update = dict[str, Any]

MAX_TIMEOUT_SECONDS = 50
MAX_LIMIT = 100
_UNLESS_ASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Sent only when `allowed_updates` names them."""


class Updates:
    """Pending updates in order. Not thread-safe: all methods run in the event loop's thread."""

    def __init__(self) -> None:
        self.pending: deque[Update] = deque()
        # Telegram begins anywhere; code that expects 1 should fail here, not in production.
        self.next_id = random.randrange(10_000_000, 900_000_000)  # noqa: S311 - no secret
        self.allowed: list[str] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.arrived = asyncio.Event()
        """For the webhook: set when there may be something to deliver."""

    def wants(self, kind: str) -> bool:
        if self.allowed:
            return kind in self.allowed
        return kind not in _UNLESS_ASKED

    def add(self, update: Update) -> None:
        self.pending.append(update)
        self.next_id = update["update_id"] + 1
        self.arrived.set()
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def confirm(self, before: int) -> None:
        """Forget what has a smaller id."""
        while self.pending and self.pending[0]["update_id"] < before:
            self.pending.popleft()

    def remove(self, update_id: int) -> None:
        """Forget this one; nothing where it is gone already."""
        for index, update in enumerate(self.pending):
            if update["update_id"] == update_id:
                del self.pending[index]
                return

    def resolve(self, offset: int) -> int:
        """The id below which an `offset` confirms; a negative one counts from the end."""
        if offset >= 0 or not self.pending:
            return offset
        return int(self.pending[max(len(self.pending) + offset, 0)]["update_id"])

    def terminate(self, why: str) -> None:
        """End a waiting long poll with 409."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_exception(conflict(f"terminated by {why}"))

    async def wait(self, timeout: float) -> None:
        """Until there is an update or the time is over.

        Raises ApiError 409 when another long poll begins: the newer one wins, as with Telegram.
        """
        self.terminate("other getUpdates request; make sure that only one bot instance is running")
        if self.pending or timeout <= 0:
            return
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        await asyncio.wait([waiter], timeout=timeout)
        if waiter.done():
            waiter.result()
        else:
            waiter.cancel()

    def first(self, limit: int) -> list[Update]:
        return [self.pending[index] for index in range(min(limit, len(self.pending)))]
