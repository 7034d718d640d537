"""Exit codes, mapped from the tree of domain errors once."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from appliance.errors import (
    ApplianceError,
    Invalid,
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
    (NothingToDo, NOTHING),
    (TryLater, TRY_LATER),
    (ApplianceError, FAILED),
)


def exit_code(error: ApplianceError) -> int:
    return next(code for kind, code in _CODES if isinstance(error, kind))


@contextmanager
def exit_clearly() -> Iterator[None]:
    """A domain error becomes one line on stderr (and one a fault) and its exit code."""
    try:
        yield
    except ApplianceError as error:
        click.echo(f"appliance: {error}", err=True)
        _say_faults(error)
        sys.exit(exit_code(error))
    except BrokenPipeError:  # `appliance … | head`
        sys.stderr.close()
        sys.exit(FAILED)


def _say_faults(error: ApplianceError) -> None:
    faults = error.faults if isinstance(error, Invalid) else ()
    for fault in faults:
        place = f"line {fault.line}, column {fault.column}: " if fault.line else ""
        if place or fault.message != str(error):
            click.echo(f"  {fault.field}: {place}{fault.message}", err=True)
