"""Input: questions at a terminal, secrets from files, text from standard input."""

import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

import click

from appliance.cli.process import streams
from appliance.errors import BadToken, ConfigError, Invalid

Check = Callable[[str], object]
"""Returns the answer as it is meant. Raises Invalid, ConfigError or BadToken: it is asked again."""


class Prompter:
    """Asks for what is missing at a terminal; without one, raises a usage error with the flag."""

    def __init__(self, interactive: bool) -> None:
        self.interactive = interactive

    def text(
        self,
        value: str | None,
        question: str,
        flag: str,
        check: Check = str,
        *,
        secret: bool = False,
    ) -> str:
        """The value of the option, or the answer to the question, which is asked until `check`
        takes it. Raises UsageError. A `secret` is not shown.
        """
        if value is not None:
            return value
        self._check_interactive(flag)
        proc = _until(check, hidden=secret)
        return str(click.prompt(question, hide_input=secret, value_proc=proc, err=True))

    def password(self, file: Path | None, question: str, flag: str, check: Check = str) -> str:
        """The password in the file, or typed twice without an echo. Raises UsageError."""
        if file is not None:
            return read_secret(file, flag)
        self._check_interactive(flag)
        return str(
            click.prompt(
                question,
                hide_input=True,
                confirmation_prompt=True,
                value_proc=_until(check, hidden=True),
                err=True,
            )
        )

    def secret_from(self, value: str | None, file: Path | None, flag: str) -> str | None:
        """A secret from its option or its file; None when neither was given."""
        return read_secret(file, flag) if file is not None else value

    def _check_interactive(self, flag: str) -> None:
        if not self.interactive:
            raise click.UsageError(f"{flag} is missing (nobody is at a terminal to be asked)")


def _until(check: Check, *, hidden: bool) -> Check:
    """What Click asks again for; it does not show why where the answer is hidden."""

    def checked(answer: str) -> object:
        try:
            return check(answer)
        except (ConfigError, Invalid, BadToken) as error:
            if hidden:
                streams.say(f"appliance: {error}")
            raise click.UsageError(str(error)) from None

    return checked


def read_secret(file: Path, flag: str) -> str:
    """The first line of a file, '-' being standard input. Raises ConfigError."""
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"{flag}: cannot read {file}: {reason}") from None
    secret = text.split("\n", 1)[0].rstrip("\r")
    if not secret:
        raise ConfigError(f"{flag}: {file} is empty")
    return secret


def read_text(text: str | None, *, any_bytes: bool = False) -> str:
    """The argument; standard input where it is '-' or missing.

    Raises ConfigError where that is not UTF-8; with `any_bytes` it is marked instead.
    """
    if text is not None and text != "-":
        return text
    if any_bytes and isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    if sys.stdin.isatty():
        streams.say("The text; Ctrl-D at the beginning of a line ends it:")
    try:
        return sys.stdin.read().rstrip("\n")
    except UnicodeDecodeError:
        raise ConfigError("standard input is not UTF-8 text") from None
