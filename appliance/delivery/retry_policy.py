"""What follows from a verdict for the sending: an outcome, another try, or silence for everybody.

`answers/classify.py` says what an answer means. What it changes besides is `side_effects.py`.
"""

import logging
import random
from dataclasses import replace

from appliance.crud.settings import Pause
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.jobs import Job, Moment, Result
from appliance.delivery.pacer import ChatPacer, Pacer

log = logging.getLogger(__name__)

MAX_TRIES = 6

TOKEN_PAUSE_SECONDS = 30.0
"""A refused token does not heal by itself: somebody has to write a new one into `.env`."""

SERVER_DOWN_FAILURES = 5
"""So many failures of the server in a row mean that it is down: not one recipient's bad luck."""

PROXY_DOWN_FAILURES = 2
"""The same for pages of a proxy, which has less reason to refuse a single call."""

SAME_FLOOD_SECONDS = 1.0
"""So close together two chats' refusals are one limit, of the whole bot."""

PROXY_RETRY_SECONDS = 60.0
"""Between two tries of a call that a proxy does not pass on while others get through."""

_TROUBLE = frozenset({Kind.OFFLINE, Kind.SERVER, Kind.PROXY})


class RetryPolicy:
    """Silences the pacer where Telegram or the network ask for it, and remembers why."""

    def __init__(
        self, pacer: Pacer, chats: ChatPacer, token_pause: float = TOKEN_PAUSE_SECONDS
    ) -> None:
        self._pacer = pacer
        self._chats = chats
        self._token_pause = token_pause
        self._failures = 0  # of the way or the server, in a row; all that fail at once are one
        self.pause_reason = ""
        """Why nothing is sent, in a few words for `status`; true while the pacer is paused."""
        self.flood_seconds: float | None = None
        """How long the whole bot must be silent from now on; to be stored."""
        self._floods: dict[int, tuple[float, float]] = {}  # chat → when it was told, until when
        self._last_pause: Pause | None = None

    def act(self, job: Job, verdict: Verdict, now: Moment) -> Result:
        if verdict.kind == Kind.FLOOD:
            return self._flood(job, verdict, now)
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

    def extend_pause(self, pause: Pause, now: Moment) -> bool:
        """Telegram asked some part of the program to be silent.

        True when that is news and prolongs the pause. The same pause again changes nothing, or a
        clock that is set back would bring an old one to life.
        """
        before, self._last_pause = self._last_pause, pause
        seconds = pause.left(now.wall)
        if pause == before or now.mono + seconds <= max(now.mono, self._pacer.paused_until):
            return False
        self._silence(seconds, now, f"flood pause, {seconds:.0f} s")
        return True

    def end_pauses(self, pause: Pause) -> bool:
        """Whether a person ended all pauses since the last look; then there is none any more."""
        before = self._last_pause
        if before is None or pause.cleared == before.cleared:
            return False
        log.warning("all pauses were ended by hand")
        self._last_pause = pause
        self._pacer.paused_until = 0.0
        self._floods.clear()
        self._chats.end_pauses()
        return True

    def _flood(self, job: Job, verdict: Verdict, now: Moment) -> Result:
        """One chat's limit or the whole bot's: the words are the same, so the next one decides.

        A second chat that is told so while the first must wait, or within a second, means the bot:
        at 30/s it comes with the next answers, and what insists is punished for hours.
        """
        self._floods = {
            chat: (at, until)
            for chat, (at, until) in self._floods.items()
            if until > now.mono or now.mono - at <= SAME_FLOOD_SECONDS
        }
        others = [until for chat, (_, until) in self._floods.items() if chat != job.chat_id]
        until = now.mono + verdict.retry_after
        self._floods[job.chat_id] = (now.mono, until)
        if not others and self._pacer.paused_until <= now.mono:
            log.warning("chat %d pauses for %.0f s", job.chat_id, verdict.retry_after)
            self._chats.pause(job.chat_id, until)
            return Result(job, replace(verdict, about_chat=True), until, counts=False)
        seconds = max(until, *others) - now.mono if others else verdict.retry_after
        self._silence(seconds, now, f"flood pause, {seconds:.0f} s")
        self.flood_seconds = self._pacer.paused_until - now.mono
        return self._after_pause(job, verdict)

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
