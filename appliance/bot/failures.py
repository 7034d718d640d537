"""What a failed call means: what `appliance status` shows, and how long to wait."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from sqlalchemy.exc import SQLAlchemyError

from appliance.bot.telegram import DoubtedToken, Refused
from appliance.errors import ApplianceError, BadToken, Unavailable
from appliance.outages import is_away

RUNNING = "running"

BACK_OFF_SECONDS = (1.0, 30.0)
"""The first pause after a network error, and the longest."""

REFUSED_SECONDS = (2.0, 300.0)
"""The same after another 4xx, which somebody has to mend."""

CONFLICT_SECONDS = (120.0, 900.0)
"""The same after 409. Each attempt ends a poll of the other program, so attempts are rare."""

TOKEN_SECONDS = 300.0
"""After 401, which no waiting mends; but should it be Telegram's fault, the bot comes back."""

DOUBT_SECONDS = (2.0, 4.0, 8.0)
"""The pauses after the first 404s in a row; the next one is taken to mean a wrong token."""

_MAX_STATE_LENGTH = 255  # characters of `leases.state`

_LIKELY = "another server with this token, or BotFather's webhook"

MOVED = (
    "conflict: the webhook is not this site's any more; another program polls or set its own:"
    f" likely {_LIKELY}; stop it and restart, or give each its own bot"
)
"""The state of a bot whose updates should come by webhook, but whose webhook was changed."""

_WEBHOOK = f"conflict: a webhook is set for this bot while this program polls: likely {_LIKELY}"
_POLLER = (
    f"conflict: another program polls with this bot's token: likely {_LIKELY}; stop it,"
    " or give each its own bot"
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`state` is one line for `appliance status`; `loud`: somebody has to act.

    `flood`: Telegram asked for the pause, so it must go on after a restart. `rival`: another
    program polls, which the next poll cannot tell: it succeeds, and ends the other's. `told`: the
    log has it already.
    """

    state: str
    seconds: float
    loud: bool = False
    flood: bool = False
    rival: bool = False
    told: bool = False

    @property
    def level(self) -> int:
        """Of its line in the log."""
        if self.told:
            return logging.DEBUG
        return logging.ERROR if self.loud else logging.WARNING


class Streak:
    """Counts the failures in a row; their number decides how long the next pause is."""

    def __init__(self) -> None:
        self._tries = 0
        self._doubts = 0  # how many of the last ones were 404
        self._conflicts = 0  # how many of all were 409

    def judge(self, error: Exception) -> Trouble:
        doubted = isinstance(error, DoubtedToken)
        conflict = isinstance(error, Refused) and error.code == 409
        own = self._conflicts if conflict else self._tries
        trouble = judge(error, self._doubts if doubted else own)
        self._tries += 1
        self._conflicts += conflict
        self._doubts = self._doubts + 1 if doubted else 0
        return trouble

    def over(self) -> None:
        """Begin to count anew: a call succeeded."""
        self._tries = self._doubts = self._conflicts = 0


class Trial:
    """After another program polled: a time without it before it counts as gone.

    One poll that succeeds tells nothing: it ends the other's, whose next one ends ours.
    """

    def __init__(self, mono: Callable[[], float]) -> None:
        self._mono = mono
        self._seconds = 0.0
        self._ends: float | None = None

    @property
    def pending(self) -> bool:
        return self._seconds > 0

    def require(self, seconds: float) -> None:
        """Polls must succeed for so long from the next one on; 0 asks for nothing."""
        self._seconds, self._ends = seconds, None

    def passed(self) -> bool:
        """Called after a poll that succeeded: whether polls did so for as long as is required."""
        now = self._mono()
        if self._ends is None:
            self._ends = now + self._seconds
        if now < self._ends:
            return False
        self.require(0.0)
        return True


def judge(error: Exception, tries: int) -> Trouble:
    """What to do after an error that `tries` failures in a row came before.

    For a 404 or 409, `tries` counts only those that were the same.
    """
    if isinstance(error, DoubtedToken) and tries < len(DOUBT_SECONDS):
        return Trouble("Telegram answers 404", DOUBT_SECONDS[tries])
    if isinstance(error, BadToken):
        return Trouble("bad token: Telegram does not know it; set BOT_TOKEN", TOKEN_SECONDS, True)
    if isinstance(error, Refused):
        return _refused(error, tries)
    if isinstance(error, Unavailable):
        state = f"unreachable: {error}"[:_MAX_STATE_LENGTH]
        return Trouble(state, _growing(tries, *BACK_OFF_SECONDS))
    if isinstance(error, SQLAlchemyError):
        seconds = _growing(tries, *BACK_OFF_SECONDS)
        return Trouble("the database cannot be written", seconds, True, told=is_away(error))
    return Trouble(f"failed: {type(error).__name__}", _growing(tries, *BACK_OFF_SECONDS), True)


def where(error: Exception) -> str:
    """The type and place of an error, without its text, which may quote a message or a token."""
    kind = type(error).__name__
    if isinstance(error, ApplianceError):
        kind = f"{kind}: {error}"  # this program's own text, which holds no secret
    frames = extract_tb(error.__traceback__)
    if not frames:
        return kind
    return f"{kind} in {frames[-1].name} ({Path(frames[-1].filename).name}:{frames[-1].lineno})"


def _refused(error: Refused, tries: int) -> Trouble:
    if error.code == 409:
        seconds = _growing(tries, *CONFLICT_SECONDS)
        if "webhook" in error.description.lower():
            return Trouble(_WEBHOOK, seconds, True)
        return Trouble(_POLLER, seconds, True, rival=True)
    if error.code == 429:
        seconds = max(error.retry_after, 1.0)
        return Trouble(f"flood: Telegram asks for {seconds:.0f} s of silence", seconds, flood=True)
    if 400 <= error.code < 500:  # what was asked is wrong: an address for the webhook, say
        return Trouble(str(error)[:_MAX_STATE_LENGTH], _growing(tries, *REFUSED_SECONDS), True)
    return Trouble(f"Telegram answers {error.code}", _growing(tries, *BACK_OFF_SECONDS))


def _growing(tries: int, first: float, longest: float) -> float:
    """Doubled each time up to the longest; a random 50–100 % of that, lest many clients, cut off
    at the same moment, return at the same moment. 2.0 ** 1024 would overflow: hence the 20.
    """
    return min(longest, first * 2.0 ** min(tries, 20)) * random.uniform(0.5, 1.0)  # noqa: S311
