"""A second net under `refusals.py`: equal refusals in a row stop a run, whatever their words mean.

A table of words is never complete, and one missing line would fail a whole audience for what is
wrong with the message. What is known to be about a chat (blocked, not found) never counts.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable
from enum import StrEnum

from appliance.delivery.answers.classify import Kind, Verdict

CONTENT_REFUSALS = 3
"""So many refusals of the message itself, and nothing sent: nobody can get it."""

UNKNOWN_REFUSALS = 5
"""So many equal ones in a row, of words that nobody knows, and nothing sent."""

WAVE, WAVE_WINDOW = 20, 25
"""Once something was sent: equal refusals among so many of the last outcomes are a wave."""

_REFUSALS = frozenset({Kind.REFUSED, Kind.CONTENT})


class Stop(StrEnum):
    HALT = "halt"  # nobody got it, and nobody can
    PAUSE = "pause"  # some got it: a person decides


class RefusalNet:
    """Sees every outcome of one content; `stop` says when it should end, `words` why."""

    def __init__(self, *, anything_sent: bool = False) -> None:
        """`anything_sent`: whether somebody got this version of the content already."""
        self.anything_sent = anything_sent
        self.words = ""
        """What Telegram said to the last one that was refused."""
        self._content_refusals = 0
        self._in_a_row: Counter[str] = Counter()
        self._last: deque[str | None] = deque(maxlen=WAVE_WINDOW)

    def see(self, verdicts: Iterable[Verdict]) -> None:
        """Count outcomes, in their order; other tries, pauses and lost answers say nothing."""
        for verdict in verdicts:
            if verdict.kind == Kind.SENT:
                self._see_sent()
            elif verdict.kind in _REFUSALS and not verdict.about_chat:
                self._see_refusal(verdict)

    @property
    def stop(self) -> Stop | None:
        if not self.anything_sent:
            hopeless = self._content_refusals >= CONTENT_REFUSALS
            equal = max(self._in_a_row.values(), default=0) >= UNKNOWN_REFUSALS
            return Stop.HALT if hopeless or equal else None
        (most,) = Counter(filter(None, self._last)).most_common(1) or [("", 0)]
        return Stop.PAUSE if most[1] >= WAVE else None

    def _see_sent(self) -> None:
        self.anything_sent = True
        self._last.append(None)

    def _see_refusal(self, verdict: Verdict) -> None:
        self.words = verdict.description or verdict.reason or ""
        # Without figures: an offset, a limit or an id differs from one recipient to the next.
        alike = re.sub(r"\d+", "0", self.words)
        self._last.append(alike)
        if alike not in self._in_a_row:
            self._in_a_row.clear()
        self._in_a_row[alike] += 1
        self._content_refusals += verdict.kind == Kind.CONTENT
