"""How a command ends: exit codes, domain errors, SIGTERM and Ctrl-C."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn, Protocol

from appliance.cli.process import failures, streams
from appliance.config import Settings
from appliance.errors import (
    ApplianceError,
    Fault,
    Invalid,
    KeyReused,
    NotFound,
    NothingToDo,
    TryLater,
)
from appliance.printable import one_line

DONE = 0
FAILED = 1
USAGE = 2
IN_PART = 3
NOTHING = 4
TRY_LATER = 75

MEANINGS = (
    (DONE, "done; people who blocked the bot or left are an outcome, not an error"),
    (FAILED, "it failed, and one line on stderr says why"),
    (USAGE, "refused as it stands: an unknown option, a broken text, a name or id nobody knows"),
    (IN_PART, "done in part: some recipients failed for another reason, or it is unknown"),
    (NOTHING, "nothing to do: nobody is in the audience"),
    (TRY_LATER, "try again later: nothing sends now, the database is locked, a disk is full"),
)
"""What the manual and docs/cli.md say of each."""

_CODES: tuple[tuple[type[ApplianceError], int], ...] = (
    (Invalid, USAGE),
    (KeyReused, USAGE),
    (NotFound, USAGE),
    (NothingToDo, NOTHING),
    (TryLater, TRY_LATER),
    (ApplianceError, FAILED),
)


def exit_code(error: ApplianceError) -> int:
    return next(code for kind, code in _CODES if isinstance(error, kind))


@dataclass(frozen=True, slots=True)
class Done:
    """What a run did before something went wrong, such as that a broadcast is queued."""

    words: str
    exit_code: int = DONE


class Run(Protocol):
    """What is known of a run that fails."""

    done: Done | None
    loaded_settings: Settings | None


@contextmanager
def exit_clearly(run: Callable[[], Run | None] = lambda: None) -> Iterator[None]:
    """Print what went wrong as one line on stderr, and one a fault, and exit with its code.

    A mistake of ours keeps its traceback.
    """
    try:
        yield
    except streams.AnswerLost as lost:
        now = run()
        _exit_without_answer(lost, now.done if now else None)
    except Exception as error:
        now = run()
        told = _told(error, now.loaded_settings if now else None)
        if told is None:
            raise
        for line in lines_of(told, now.done if now else None):
            streams.say(line)
        sys.exit(exit_code(told))


def _told(error: Exception, settings: Settings | None) -> ApplianceError | None:
    return error if isinstance(error, ApplianceError) else failures.explained(error, settings)


def _exit_without_answer(lost: streams.AnswerLost, done: Done | None) -> NoReturn:
    """Whoever hears that it failed does it again: so what was done is no failure."""
    cause = lost.__cause__
    if done is not None:
        reason = getattr(cause, "strerror", None) or cause
        streams.say(f"appliance: {done.words}; only the answer could not be written: {reason}")
        sys.exit(done.exit_code)
    if isinstance(cause, OSError) and not isinstance(
        cause, BrokenPipeError
    ):  # `appliance … | head`
        told = failures.of_system(cause, "cannot write the answer")
        streams.say(f"appliance: {told}")
        sys.exit(exit_code(told))
    sys.exit(FAILED)


def lines_of(error: ApplianceError, done: Done | None = None) -> list[str]:
    """The lines for an error: what is wrong and where, and what was `done` before; one more for
    each further fault.
    """
    faults = list(error.faults) if isinstance(error, Invalid) else []
    place = ""
    if faults and faults[0].message == str(error):  # else the same text would stand there twice
        place = _place(faults.pop(0))
    details = [f"  {fault.field}: {_place(fault)}{one_line(fault.message)}" for fault in faults]
    after = f"; {done.words}" if done else ""
    return [f"appliance: {place}{one_line(str(error))}{after}", *details]


def _place(fault: Fault) -> str:
    return f"line {fault.line}, column {fault.column}: " if fault.line else ""


class StopRequest(threading.Event):
    """Set by a signal; `exit_code` is then what a shell expects of a process that it ended."""

    number = 0

    @property
    def exit_code(self) -> int:
        return 128 + self.number


@contextmanager
def asked_to_stop() -> Iterator[StopRequest]:
    """An event that SIGTERM and Ctrl-C set; at the end the former handlers are restored."""
    stop = StopRequest()

    def handle(number: int, _: FrameType | None) -> None:
        # Sets an event and nothing more: a handler runs between any two instructions of the main
        # thread.
        stop.number = number
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
