"""Telegram's limits on sending: the whole bot, one chat, one group; and what ignoring them costs.

A refused call is answered how many seconds to wait. Who calls during the wait is told what is left.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from appliance.errors import Invalid
from appliance.sandbox.protocol.errors import ApiError, too_many_requests

_BOT_WINDOW_SECONDS = 1.0
_GROUP_WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """0 switches a limit off. Telegram's own figures are the defaults."""

    per_second: int = 30
    """Messages of the whole bot in any one second."""
    chat_per_second: float = 1.0
    """Messages to one chat, in the long run."""
    chat_burst: int = 5
    """So many to one chat may come at once."""
    group_per_minute: int = 20
    """Messages to one group or channel in any one minute."""
    penalty: int = 30
    """How long the whole bot has to wait, in seconds."""

    def __post_init__(self) -> None:
        if any(value < 0 for value in asdict(self).values()):
            raise Invalid("flood: limits take numbers from 0")


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class _Counts:
    bot: deque[float] = field(default_factory=deque)
    chats: dict[int, _Bucket] = field(default_factory=dict)
    groups: dict[int, deque[float]] = field(default_factory=dict)
    pauses: dict[int | None, float] = field(default_factory=dict)
    """When the wait of a chat, or of the whole bot (None), is over."""


class Flood:
    """Counts what is sent, and refuses what is too much. Without limits nothing is refused."""

    def __init__(
        self, limits: Limits | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._counts = _Counts()
        self.limits = limits
        self.refused = 0

    def set(self, limits: Limits | None) -> None:
        """Begin anew with other limits; None for none."""
        self.limits, self._counts, self.refused = limits, _Counts(), 0

    def as_dict(self) -> dict[str, Any]:
        limits = asdict(self.limits) if self.limits else {}
        waits = {
            str(who or "bot"): self._seconds_left(until)
            for who, until in self._counts.pauses.items()
        }
        waiting = {who: seconds for who, seconds in waits.items() if seconds > 0}
        return {
            "enabled": self.limits is not None,
            **limits,
            "refused": self.refused,
            "waits": waiting,
        }

    def admit(self, chat_id: int, messages: int = 1, *, group: bool = False) -> None:
        """Count messages about to be sent. Raises ApiError 429, and then counts none."""
        if self.limits is None:
            return
        now = self._clock()
        # Before anything is counted: whoever calls during a wait is refused, room or not.
        self._check_pauses(chat_id, now)
        waits = {
            None: self._bot_wait(self.limits, now, messages),
            chat_id: max(
                self._chat_wait(self.limits, chat_id, now, messages),
                self._group_wait(self.limits, chat_id, now, messages) if group else 0.0,
            ),
        }
        for who, wait in waits.items():
            if wait > 0:
                wait = max(math.ceil(wait), 1)  # whole seconds, as `retry_after` has
                self._counts.pauses[who] = now + wait
                raise self._refusal(now + wait)
        self._count(self.limits, chat_id, now, messages, group)

    def _check_pauses(self, chat_id: int, now: float) -> None:
        for who in (None, chat_id):
            until = self._counts.pauses.get(who)
            if until is None:
                continue
            if now < until:
                raise self._refusal(until)
            del self._counts.pauses[who]

    def _refusal(self, until: float) -> ApiError:
        self.refused += 1
        return too_many_requests(self._seconds_left(until))

    def _seconds_left(self, until: float) -> int:
        return max(math.ceil(until - self._clock()), 0)

    def _bot_wait(self, limits: Limits, now: float, messages: int) -> float:
        recent = self._counts.bot
        while recent and recent[0] <= now - _BOT_WINDOW_SECONDS:
            recent.popleft()
        full = limits.per_second and len(recent) + messages > limits.per_second
        return float(max(limits.penalty, 1)) if full else 0.0

    def _chat_wait(self, limits: Limits, chat_id: int, now: float, messages: int) -> float:
        """An album counts as one message here, for Telegram lets a full one through."""
        bucket = self._counts.chats.get(chat_id)
        if bucket is None or not limits.chat_per_second:
            return 0.0
        self._refill(limits, bucket, now)
        return max(1 - bucket.tokens, 0.0) / limits.chat_per_second

    def _group_wait(self, limits: Limits, chat_id: int, now: float, messages: int) -> float:
        recent = self._counts.groups.get(chat_id, deque())
        while recent and recent[0] <= now - _GROUP_WINDOW_SECONDS:
            recent.popleft()
        full = limits.group_per_minute and len(recent) + messages > limits.group_per_minute
        return recent[0] + _GROUP_WINDOW_SECONDS - now if full and recent else 0.0

    def _refill(self, limits: Limits, bucket: _Bucket, now: float) -> None:
        earned = (now - bucket.at) * limits.chat_per_second
        bucket.tokens = min(bucket.tokens + earned, float(max(limits.chat_burst, 1)))
        bucket.at = now

    def _count(self, limits: Limits, chat_id: int, now: float, messages: int, group: bool) -> None:
        self._counts.bot.extend([now] * messages)
        fresh = _Bucket(float(max(limits.chat_burst, 1)), now)
        self._counts.chats.setdefault(chat_id, fresh).tokens -= 1
        if group:
            self._counts.groups.setdefault(chat_id, deque()).extend([now] * messages)
