"""What follows from a verdict for the sending: an outcome, another try, or silence for everybody.

`answers/classify.py` says what an answer means. What it changes besides is `side_effects.py`.
"""

import logging
import random

from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.jobs import Job, Moment, Result
from appliance.delivery.pacer import Pacer

log = logging.getLogger(__name__)

MAX_TRIES = 6

TOKEN_PAUSE_SECONDS = 30.0
"""A refused token does not heal by itself: somebody has to write a new one into `.env`."""

SERVER_DOWN_FAILURES = 5
"""So many failures of the server in a row mean that it is down: not one recipient's bad luck."""

PROXY_DOWN_FAILURES = 2
"""The same for pages of a proxy, which has less reason to refuse a single call."""

PROXY_RETRY_SECONDS = 60.0
"""Between two tries of a call that a proxy does not pass on while others get through."""

_TROUBLE = frozenset({Kind.OFFLINE, Kind.SERVER, Kind.PROXY})


class RetryPolicy:
    """Silences the pacer where Telegram or the network ask for it, and remembers why."""

    def __init__(self, pacer: Pacer, token_pause: float = TOKEN_PAUSE_SECONDS) -> None:
        self._pacer = pacer
        self._token_pause = token_pause
        self._failures = 0  # of the way or the server, in a row; all that fail at once are one
        self.pause_reason = ""
        """Why nothing is sent, in a few words for `status`; true while the pacer is paused."""
        self.flood_until: float | None = None
        """Seconds since 1970 until which Telegram asked for silence; to be stored."""
        self._last_until = 0.0

    def act(self, job: Job, verdict: Verdict, now: Moment) -> Result:
        if verdict.kind == Kind.FLOOD:
            self._silence(verdict.retry_after, now, f"flood pause, {verdict.retry_after:.0f} s")
            self.flood_until = now.wall + self._pacer.paused_until - now.mono
            return self._after_pause(job, verdict)
        if verdict.kind == Kind.TOKEN:
            self._silence(self._token_pause, now, f"token refused: {verdict.description}")
            return self._after_pause(job, verdict)
        if verdict.kind in _TROUBLE and self._pacer.paused_until > now.mono:
            # It left before the pause. At 1,000/s a hundred fail at once and count as one, or a
            # short outage would bring the longest pause there is.
            return self._after_pause(job, verdict)
        if verdict.kind == Kind.OFFLINE:
            self._failures += 1
            self._silence(backoff(self._failures), now, f"offline: {verdict.description}")
            return self._after_pause(job, verdict)
        if verdict.kind == Kind.SERVER:
            return self._server_error(job, verdict, now)
        if verdict.kind == Kind.PROXY:
            return self._in_the_way(job, verdict, now)
        if verdict.kind == Kind.UNKNOWN:
            self._without_answer(verdict, now)
        else:
            self._failures = 0
        return Result(job, verdict)

    def extend_pause(self, until: float, now: Moment) -> bool:
        """Telegram asked some part of the program to be silent until then (seconds since 1970).

        True when that is news and prolongs the pause. The same time again changes nothing, or a
        clock that is set back would bring an old pause to life.
        """
        is_new, self._last_until = until != self._last_until, until
        end = now.mono + until - now.wall
        if not is_new or end <= max(now.mono, self._pacer.paused_until):
            return False
        self._silence(end - now.mono, now, f"flood pause, {end - now.mono:.0f} s")
        return True

    def _server_error(self, job: Job, verdict: Verdict, now: Moment) -> Result:
        self._failures += 1
        if self._failures >= SERVER_DOWN_FAILURES:
            seconds = backoff(self._failures - SERVER_DOWN_FAILURES + 1)
            self._silence(seconds, now, f"server: {verdict.description}")
            return self._after_pause(job, verdict)
        if job.tries + 1 >= MAX_TRIES:
            return Result(job, verdict)
        return Result(job, verdict, now.mono + backoff(job.tries + 1))

    def _in_the_way(self, job: Job, verdict: Verdict, now: Moment) -> Result:
        """Nobody is `failed` for a page of a proxy: it is asked again until it lets it through."""
        self._failures += 1
        if self._failures >= PROXY_DOWN_FAILURES:
            seconds = backoff(self._failures - PROXY_DOWN_FAILURES + 1)
            self._silence(seconds, now, f"a proxy is in the way: {verdict.description}")
            return self._after_pause(job, verdict)
        counts = job.tries + 1 < MAX_TRIES
        wait = backoff(job.tries + 1) if counts else PROXY_RETRY_SECONDS
        return Result(job, verdict, now.mono + wait, counts)

    def _without_answer(self, verdict: Verdict, now: Moment) -> None:
        """It stays `unknown`; but many in a row must not make everybody so."""
        if self._pacer.paused_until > now.mono:
            return
        self._failures += 1
        if self._failures >= SERVER_DOWN_FAILURES:
            seconds = backoff(self._failures - SERVER_DOWN_FAILURES + 1)
            self._silence(seconds, now, f"no answers: {verdict.description}")

    def _after_pause(self, job: Job, verdict: Verdict) -> Result:
        """Nothing was delivered for a reason that is not the recipient's: no attempt counts."""
        return Result(job, verdict, self._pacer.paused_until, counts=False)

    def _silence(self, seconds: float, now: Moment, reason: str) -> None:
        # Once a pause and not once a call: at 1,000/s a hundred fail together.
        if self._pacer.paused_until <= now.mono:
            log.warning("sending pauses for %.1f s: %s", seconds, reason)
        self.pause_reason = reason[:255]
        self._pacer.pause(now.mono + seconds)


def again(job: Job, reason: str, at: float) -> Result:
    """Back to pending until `at` (monotonic seconds), without an attempt: it never left."""
    return Result(job, Verdict(Kind.OFFLINE, reason), at, counts=False)


def backoff(failures: int) -> float:
    """Seconds: 0.5, 1, 2 … 60, with jitter so that many do not come back at once."""
    return float(min(60.0, 0.5 * 2 ** min(failures - 1, 10)) * random.uniform(0.75, 1.25))  # noqa: S311
