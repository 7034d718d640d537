"""What a failed call means: what `appliance status` shows, and how long to wait."""

import random
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from sqlalchemy.exc import SQLAlchemyError

from appliance.bot.telegram import DoubtedToken, Refused
from appliance.errors import ApplianceError, BadToken, Unavailable

RUNNING = "running"

BACK_OFF_SECONDS = (1.0, 30.0)
"""The first pause after a network error, and the longest."""

CONFLICT_SECONDS = (2.0, 300.0)
"""The same after 409. Each attempt ends a poll of the other program, so attempts become rare."""

TOKEN_SECONDS = 300.0
"""After 401, which no waiting mends; but should it be Telegram's fault, the bot comes back."""

DOUBT_SECONDS = (2.0, 4.0, 8.0)
"""The pauses after the first 404s in a row; the next one is taken to mean a wrong token."""

_MAX_STATE_LENGTH = 255  # characters of `leases.state`

MOVED = (
    "conflict: the webhook is not this site's any more; another program with this bot's token"
    " polls or set its own: stop it and restart, or give each its own bot"
)
"""The state of a bot whose updates should come by webhook, but whose webhook was changed."""

_WEBHOOK = "conflict: a webhook is set for this bot; another program set it while this one polls"
_POLLER = "conflict: another program polls with this bot's token; stop it, or give each its own bot"


@dataclass(frozen=True, slots=True)
class Trouble:
    """`state` is one line for `appliance status`; `loud`: somebody has to act.

    `flood`: Telegram asked for the pause, so it must go on after a restart.
    """

    state: str
    seconds: float
    loud: bool = False
    flood: bool = False


class Streak:
    """Counts the failures in a row; their number decides how long the next pause is."""

    def __init__(self) -> None:
        self._tries = 0
        self._doubts = 0  # how many of the last ones were 404

    def judge(self, error: Exception) -> Trouble:
        doubted = isinstance(error, DoubtedToken)
        trouble = judge(error, self._doubts if doubted else self._tries)
        self._tries += 1
        self._doubts = self._doubts + 1 if doubted else 0
        return trouble

    def over(self) -> None:
        """Begin to count anew: a call succeeded."""
        self._tries = self._doubts = 0


def judge(error: Exception, tries: int) -> Trouble:
    """What to do after an error that `tries` failures in a row came before.

    For a 404, `tries` counts only those that were 404 as well.
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
        return Trouble("the database cannot be written", _growing(tries, *BACK_OFF_SECONDS), True)
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
        state = _WEBHOOK if "webhook" in error.description else _POLLER
        return Trouble(state, _growing(tries, *CONFLICT_SECONDS), True)
    if error.code == 429:
        seconds = max(error.retry_after, 1.0)
        return Trouble(f"flood: Telegram asks for {seconds:.0f} s of silence", seconds, flood=True)
    if 400 <= error.code < 500:  # what was asked is wrong: an address for the webhook, say
        return Trouble(str(error)[:_MAX_STATE_LENGTH], _growing(tries, *CONFLICT_SECONDS), True)
    return Trouble(f"Telegram answers {error.code}", _growing(tries, *BACK_OFF_SECONDS))


def _growing(tries: int, first: float, longest: float) -> float:
    """Doubled each time up to the longest; a random 50–100 % of that, lest many clients, cut off
    at the same moment, return at the same moment. 2.0 ** 1024 would overflow: hence the 20.
    """
    return min(longest, first * 2.0 ** min(tries, 20)) * random.uniform(0.5, 1.0)  # noqa: S311
