"""What a failed poll means: what to show, and how long to wait. Decided here, once."""

import random
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

from sqlalchemy.exc import SQLAlchemyError

from appliance.bot.telegram import DoubtedToken, Refused
from appliance.errors import ApplianceError, BadToken, Unavailable

RUNNING = "running"

BACK_OFF = (1.0, 30.0)
"""Seconds: the first pause after a network error, and the longest."""

CONFLICT = (2.0, 300.0)
"""Each try takes the updates away from the other program, so tries become rare."""

TOKEN_SECONDS = 300.0
"""A wrong token does not heal by itself; Telegram may still be what is wrong."""

DOUBTS = (2.0, 4.0, 8.0)
"""Seconds of the pauses before 404 in a row is believed to mean the token."""

_LONGEST = 255  # characters of `leases.state`

MOVED = (
    "conflict: the webhook is not this site's any more; another program with this bot's token"
    " polls or set its own: stop it and restart, or give each its own bot"
)
"""Of a bot whose updates should come by webhook."""

_WEBHOOK = "conflict: a webhook is set for this bot; another program set it while this one polls"
_POLLER = "conflict: another program polls with this bot's token; stop it, or give each its own bot"


@dataclass(frozen=True, slots=True)
class Trouble:
    """`state` is one line for `appliance status`; `loud`: a person has to act.

    `flood`: Telegram asked for the pause, and it outlives a restart.
    """

    state: str
    seconds: float
    loud: bool = False
    flood: bool = False


class Streak:
    """The failures in a row: what to do after each."""

    def __init__(self) -> None:
        self._tries = 0
        self._doubts = 0  # the last of them that were 404

    def judge(self, error: Exception) -> Trouble:
        doubted = isinstance(error, DoubtedToken)
        trouble = judge(error, self._doubts if doubted else self._tries)
        self._tries += 1
        self._doubts = self._doubts + 1 if doubted else 0
        return trouble

    def over(self) -> None:
        """A call succeeded."""
        self._tries = self._doubts = 0


def judge(error: Exception, tries: int) -> Trouble:
    """What to do after the error, `tries` failures having come before it in a row.

    Of a 404 only those count that were 404 as well.
    """
    if isinstance(error, DoubtedToken) and tries < len(DOUBTS):
        return Trouble("Telegram answers 404", DOUBTS[tries])
    if isinstance(error, BadToken):
        return Trouble("bad token: Telegram does not know it; set BOT_TOKEN", TOKEN_SECONDS, True)
    if isinstance(error, Refused):
        return _refused(error, tries)
    if isinstance(error, Unavailable):
        return Trouble(f"unreachable: {error}"[:_LONGEST], _growing(tries, *BACK_OFF))
    if isinstance(error, SQLAlchemyError):
        return Trouble("the database cannot be written", _growing(tries, *BACK_OFF), True)
    return Trouble(f"failed: {type(error).__name__}", _growing(tries, *BACK_OFF), True)


def where(error: Exception) -> str:
    """The kind and place of an error, without its words: they may quote a message or a token."""
    kind = type(error).__name__
    if isinstance(error, ApplianceError):
        kind = f"{kind}: {error}"  # our own words are fit to be shown
    frames = extract_tb(error.__traceback__)
    if not frames:
        return kind
    return f"{kind} in {frames[-1].name} ({Path(frames[-1].filename).name}:{frames[-1].lineno})"


def _refused(error: Refused, tries: int) -> Trouble:
    if error.code == 409:
        state = _WEBHOOK if "webhook" in error.description else _POLLER
        return Trouble(state, _growing(tries, *CONFLICT), True)
    if error.code == 429:
        seconds = max(error.retry_after, 1.0)
        return Trouble(f"flood: Telegram asks for {seconds:.0f} s of silence", seconds, flood=True)
    if 400 <= error.code < 500:  # what was asked is wrong: an address for the webhook, say
        return Trouble(str(error)[:_LONGEST], _growing(tries, *CONFLICT), True)
    return Trouble(f"Telegram answers {error.code}", _growing(tries, *BACK_OFF))


def _growing(tries: int, first: float, longest: float) -> float:
    """Doubled each time, and 50–100 % of that, so that many clients do not come at once."""
    return min(longest, first * 2.0 ** min(tries, 20)) * random.uniform(0.5, 1.0)  # noqa: S311
