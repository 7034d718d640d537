"""stdout and stderr: any of them may be closed, full, or in an encoding without our letters."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Protocol

import click

from appliance.printable import as_json, printable


class Writes(Protocol):
    """What takes text, as stdout does."""

    def write(self, text: str, /) -> object: ...


class AnswerLost(Exception):
    """stdout did not take the answer; the cause is the OSError that says why."""


def prepare() -> None:
    """Once a run, before anything is written.

    What was closed leads nowhere; what an encoding has no letter for is written as `\\u0439`.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # appliance … <&- >&-
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """A line for people on stderr. Never fails: no command may, because nobody hears a remark."""
    with suppress(OSError):
        click.echo(printable(text), err=True)


def ask(question: str) -> None:
    """A question on stderr, no being the default. Raises click.Abort where it is not answered."""
    click.confirm(printable(question), abort=True, err=True)


def write(text: str) -> None:
    """The answer for people on stdout. Raises AnswerLost."""
    with answering() as stream:
        stream.write(f"{printable(text)}\n")


def write_document(document: object) -> None:
    """The answer as JSON. Raises AnswerLost."""
    with answering() as stream:
        stream.write(f"{dumped(document)}\n")


def dumped(document: object) -> str:
    """JSON that stdout can take, whatever its encoding."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    return as_json(document, ascii_only=not encoding.startswith("utf"))


@contextmanager
def answering() -> Iterator[Writes]:
    """stdout, for all of the answer. Raises AnswerLost where any of it could not be written."""
    try:
        yield sys.stdout
        sys.stdout.flush()
    except OSError as error:
        if error.filename is not None:  # of a file that was read for the answer
            raise
        abandon_stdout()
        raise AnswerLost from error


@contextmanager
def writing_csv() -> Iterator[Writes]:
    """stdout for a table that programs read: UTF-8 in any locale. Raises AnswerLost.

    A file or a pipe gets what is stored, since `chat import` takes it back; a terminal does not.
    """
    with answering() as stream:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
        yield _Printable(stream) if sys.stdout.isatty() else stream


def abandon_stdout() -> None:
    """Nothing more is written there; else Python tries once more at its end, and ends with 120."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _Printable:
    """Writes to a terminal what is harmless to it."""

    def __init__(self, stream: Writes) -> None:
        self._stream = stream

    def write(self, text: str, /) -> object:
        return self._stream.write(printable(text))
