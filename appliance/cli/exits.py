"""How a command ends: exit codes, domain errors, SIGTERM and Ctrl-C."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from appliance.errors import (
    ApplianceError,
    Fault,
    Invalid,
    KeyReused,
    NothingToDo,
    TryLater,
)

DONE = 0
FAILED = 1
USAGE = 2
IN_PART = 3
NOTHING = 4
TRY_LATER = 75

_CODES: tuple[tuple[type[ApplianceError], int], ...] = (
    (Invalid, USAGE),
    (KeyReused, USAGE),
    (NothingToDo, NOTHING),
    (TryLater, TRY_LATER),
    (ApplianceError, FAILED),
)


def exit_code(error: ApplianceError) -> int:
    return next(code for kind, code in _CODES if isinstance(error, kind))


@contextmanager
def exit_clearly() -> Iterator[None]:
    """Print a domain error as one line on stderr, and one a fault, and exit with its code."""
    try:
        yield
    except ApplianceError as error:
        for line in lines_of(error):
            click.echo(line, err=True)
        sys.exit(exit_code(error))
    except BrokenPipeError:  # `appliance … | head`
        # Else Python complains on stderr, at its end, that it could not flush stdout.
        sys.stderr.close()
        sys.exit(FAILED)


def lines_of(error: ApplianceError) -> list[str]:
    """The lines for an error: what is wrong and where; one more for each further fault."""
    faults = list(error.faults) if isinstance(error, Invalid) else []
    place = ""
    if faults and faults[0].message == str(error):  # else the same text would stand there twice
        place = _place(faults.pop(0))
    details = [f"  {fault.field}: {_place(fault)}{fault.message}" for fault in faults]
    return [f"appliance: {place}{error}", *details]


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
