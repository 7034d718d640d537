"""How often somebody may try: GCRA in memory, one number a key.

In memory, because a restart that forgives everybody is harmless, and a database write for each
attempt is not. Of several processes each counts for itself.
"""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from appliance.errors import TooManyRequests, localized

MAX_KEYS = 10_000
"""About 2 MB: an attacker with many addresses must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` tries at once, then one every `seconds`."""

    burst: int
    seconds: float


class Limiter:
    """Counts tries by key; safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._due: dict[Hashable, float] = {}  # when the key has its whole burst again

    def take(self, key: Hashable, rate: Rate) -> None:
        """Count one try. Raises TooManyRequests with the seconds to wait, and counts nothing."""
        now = self._clock()
        with self._lock:
            due = max(self._due.get(key, now), now) + rate.seconds
            wait = due - now - rate.burst * rate.seconds
            if wait > 0:
                raise TooManyRequests(
                    localized("too many attempts: wait a little"), retry_after=wait
                )
            # Stored only where it is allowed: whoever goes on trying does not wait longer for it.
            self._due[key] = due
            if len(self._due) > MAX_KEYS:
                self._forget_old(now)

    def forget(self, key: Hashable) -> None:
        """Start again for a key, after a success."""
        with self._lock:
            self._due.pop(key, None)

    def _forget_old(self, now: float) -> None:
        """Drop keys that have their whole burst again; if that is not enough, half of the others.

        The half that would have it soonest: whoever tries most is remembered longest.
        """
        alive = [(key, due) for key, due in self._due.items() if due > now]
        self._due = dict(sorted(alive, key=lambda item: item[1])[-MAX_KEYS // 2 :])
