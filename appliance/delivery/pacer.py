"""The budget: how fast the bot as a whole, and each chat, may be written to.

GCRA (ITU-T I.371): one time, `next`, says when the next message is due in an even flow. A message
may leave up to `tolerance` early, which makes up for a loop that wakes late. A record of the last
departures sees to it that no second holds more than the rate, also not after a start. At a low
rate messages leave in pairs, each of which pays for two intervals: the loop wakes half as often.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.services.timing.pace import FAST_RATE, RATE_SHARE, pace_of

JITTER_SECONDS = 0.008
"""Seconds by which the time on the way may differ from one message to another. No second and this
holds more than the rate here, so a server sees no second that does, however they are bunched."""

FLOWING_SECONDS = 0.3
"""A flow is under way when a second's worth of messages left in no more than a second and this."""

CATCH_UP_SECONDS = 0.05
"""Seconds that a commit may hold up a flow that is under way, and that are made up for."""

WARM_UP_SHARE = 0.95
"""Of the pace, before the flow is under way: the first messages wait for their connections, and
with all of it a server saw 1,028 in the first second."""

PAIR_SECONDS = 0.005
"""How long after one message its companion may leave."""

CHAT_SECONDS = 1.0
ANSWER_BURST = 3
"""Answers to a person that may follow each other at once; then one a second. That is over 1/s for a
moment, and under the five that a chat bears."""

_SPARE_SECONDS = (ANSWER_BURST - 1) * CHAT_SECONDS
GROUP_MESSAGES = 20  # a minute
GROUP_WINDOW_SECONDS = 61.0
"""Seconds that hold no more than that; the one over 60 is for jitter on the way."""

FORGET_SECONDS = 3.0
"""Seconds after which what was noted of a chat may be forgotten: not before its burst is paid."""


@dataclass(slots=True)
class Pacer:
    """The bot-wide rate in messages a second, and the pause that Telegram asked for.

    Times are seconds of one monotonic clock. Not thread-safe: one engine, one thread.
    """

    rate: float
    next: float = 0.0
    paused_until: float = 0.0
    interval: float = field(init=False)
    tolerance: float = field(init=False)
    _left: deque[float] = field(init=False)
    _pairs: bool = field(init=False)
    _pair_until: float = field(init=False, default=0.0)  # when the companion's chance is over

    def __post_init__(self) -> None:
        fast = self.rate > FAST_RATE
        # Slow: spacing keeps a second under the limit, with room for 12 ms of jitter on the way.
        # Fast: the loop sends in groups and commits in between; what 12 ms cost is made up for.
        self.interval = 1.0 / pace_of(self.rate)
        self.tolerance = 0.012 if fast else 0.008
        # At a low rate spacing alone keeps every second, and a record of departures would cost for
        # nothing.
        self._left = deque(maxlen=int(self.rate) if fast else 0)
        # 15 pairs in any second at 30/s are within the limit; 16 at 31/s would not be
        self._pairs = not fast and 2 * math.ceil(self.rate * RATE_SHARE / 2) <= self.rate

    def ready_at(self, now: float) -> float:
        """When the next message may leave; at or before `now`: at once."""
        if now < self._pair_until:
            return max(now, self.paused_until)
        tolerance = CATCH_UP_SECONDS if self._flowing(now) else self.tolerance
        return max(self.next - tolerance, self.paused_until, self._second_over)

    @property
    def _second_over(self) -> float:
        """When the last second that held all it may is over."""
        full = self._left and len(self._left) == self._left.maxlen
        return self._left[0] + 1.0 + JITTER_SECONDS if full else 0.0

    def _flowing(self, now: float) -> bool:
        return now < self._second_over + FLOWING_SECONDS

    def take(self, now: float) -> bool:
        """Use one message of the budget; False, and nothing used, when it is not due."""
        if self.ready_at(now) > now:
            return False
        companion = now < self._pair_until
        cold = self._left.maxlen and not self._flowing(now)
        interval = self.interval / WARM_UP_SHARE if cold else self.interval
        # From now, if nothing was due for a while: a quiet minute must not be made up for in a
        # burst.
        self.next = (self.next if companion else max(self.next, now)) + interval
        self._pair_until = now + PAIR_SECONDS if self._pairs and not companion else 0.0
        self._left.append(now)
        return True

    def due_within(self, now: float, seconds: float) -> int:
        """About how many messages may leave from now until `seconds` later."""
        first = max(max(self.next, now) - self.tolerance, self.paused_until)
        return max(0, int((now + seconds - first) // self.interval) + 1)

    def pause(self, until: float) -> None:
        """Be silent until then; an earlier time never shortens a pause."""
        self.paused_until = max(self.paused_until, until)


class ChatPacer:
    """One message a second to a chat, and 20 in any minute to a group: at once, if it was silent.

    The first three answers to a person may follow each other: over any time one a second and two.

    Remembers two spans of each, so memory stays at what was sent in the last six seconds, and to
    groups in the last two minutes.
    """

    def __init__(self) -> None:
        self._recent: dict[int, float] = {}  # chat → when it may be answered again
        self._older: dict[int, float] = {}
        self._turned = 0.0
        self._minute: dict[int, tuple[float, ...]] = {}  # group → its last departures
        self._minute_before: dict[int, tuple[float, ...]] = {}
        self._minute_turned = 0.0
        self._full: dict[int, float] = {}  # group with 20 in this minute → when it may go on
        self._paused: dict[int, float] = {}  # chat that Telegram asked to leave alone → until when

    def ready_at(self, chat_id: int, *, answer: bool = False) -> float:
        """When this chat may be written to again, or answered; 0.0: at any time."""
        full = self._full.get(chat_id)
        ready = full or self._recent.get(chat_id) or self._older.get(chat_id) or 0.0
        if ready and chat_id > 0 and not answer:
            ready += _SPARE_SECONDS
        return max(ready, self._paused.get(chat_id, 0.0)) if self._paused else ready

    def pause(self, chat_id: int, until: float) -> None:
        """Telegram asked for silence in this chat; an earlier time never shortens a pause."""
        self._paused[chat_id] = max(self._paused.get(chat_id, 0.0), until)

    def end_pauses(self) -> None:
        """A person knows better than what was asked for."""
        self._paused.clear()

    def remember(self, group: int, times: Iterable[float]) -> None:
        """What left for a group before this process began, oldest first."""
        for at in times:
            self._count(group, at)

    def note(self, chat_id: int, now: float) -> None:
        """A message to this chat leaves now."""
        if now - self._turned > FORGET_SECONDS:
            self._older, self._recent, self._turned = self._recent, {}, now
            self._full = {group: ready for group, ready in self._full.items() if ready > now}
            self._paused = {chat: ready for chat, ready in self._paused.items() if ready > now}
        self._recent[chat_id] = now + CHAT_SECONDS if chat_id < 0 else self._next(chat_id, now)
        if chat_id < 0:
            self._count(chat_id, now)

    def _next(self, person: int, now: float) -> float:
        """When a person may be answered again, after a message that leaves now.

        With every message that is not paid for by its second it comes closer to the end of the
        burst; what lies further back than the burst saves nothing up.
        """
        before = self._recent.get(person) or self._older.get(person) or 0.0
        return max(before, now - _SPARE_SECONDS) + CHAT_SECONDS

    def busy(self, now: float) -> frozenset[int]:
        """The chats that may not be answered yet."""
        times = {**self._older, **self._recent, **self._full}
        times |= {chat: max(ready, times.get(chat, 0.0)) for chat, ready in self._paused.items()}
        return frozenset(chat for chat, ready in times.items() if ready > now)

    def _count(self, group: int, now: float) -> None:
        # Two spans that change places forget by whole dictionaries, where a clean-up would walk all
        # chats.
        if now - self._minute_turned > GROUP_WINDOW_SECONDS:
            self._minute_before, self._minute, self._minute_turned = self._minute, {}, now
        before = self._minute.get(group) or self._minute_before.get(group) or ()
        times = (*(at for at in before if at + GROUP_WINDOW_SECONDS > now), now)
        self._minute[group] = times
        if len(times) < GROUP_MESSAGES:
            self._full.pop(group, None)
        else:  # the oldest of them may be all but a minute old, and one a second holds as well
            self._full[group] = max(
                times[-GROUP_MESSAGES] + GROUP_WINDOW_SECONDS, now + CHAT_SECONDS
            )
