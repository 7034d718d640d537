"""What every command shares: the home, the settings, and how it answers.

stdout carries the answer (one JSON document with --json); everything else goes to stderr.
"""

import getpass
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import click

from appliance.cli.exits import Done
from appliance.cli.layout.tables import Cell, table
from appliance.cli.layout.times import local
from appliance.cli.process import streams
from appliance.cli.process.env_file import oddities
from appliance.cli.process.owner import become_owner
from appliance.config import Settings, home_from_environment

F = TypeVar("F", bound=Callable[..., Any])


class Context:
    """One for each run; `settings` and `database` are loaded when a command asks for them."""

    def __init__(self, home: Path | None) -> None:
        self._home = (home or home_from_environment()).expanduser().absolute()
        self.json = False
        self.quiet = False
        self.done: Done | None = None

    @cached_property
    def home(self) -> Path:
        """Whoever asks for it opens it, and is its owner from then on; so files that only the
        caller may read are opened before. Raises ConfigError.
        """
        become_owner(self._home)
        return self._home

    @cached_property
    def settings(self) -> Settings:
        """Raises ConfigError."""
        return self.load_settings()

    def load_settings(self, *, sandbox: bool = False) -> Settings:
        """The settings, what is odd about `.env` being told first; `sandbox` overrules BOT_MODE.

        Raises ConfigError, perhaps of something that a mistyped name has left out.
        """
        for line in oddities(self.home):
            self.remark(f"appliance: {line}")
        return Settings.load(self.home, sandbox=sandbox)

    @property
    def loaded_settings(self) -> Settings | None:
        """The settings, if a command has asked for them."""
        return self.__dict__.get("settings")

    @cached_property
    def database(self) -> Any:
        """The `Database` at the right schema. Raises ConfigError, SchemaError."""
        from appliance.database import Database, check_schema

        # Before the first query: an old database would answer with an error about a missing column.
        check_schema(self.settings)
        return Database(self.settings.database_url)

    def emit(self, document: object, text: str) -> None:
        """Print the answer: the document with --json, else the text. Raises AnswerLost."""
        if self.json:
            streams.write_document(document)
        elif text:
            streams.write(text)

    def report(self, document: object, text: str) -> None:
        """Print what was done; --quiet leaves it out, except with --json.

        It stays done where nobody can be told: the command succeeds, and a line on stderr says so.
        """
        self.done = self.done or Done(text.partition("\n")[0].removesuffix("."))
        if self.json or not self.quiet:
            self.emit(document, text)

    def list_(
        self,
        documents: Sequence[object],
        headers: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        empty: str,
    ) -> None:
        """Print a list: a table, headed where people read it; `empty` is a remark, not a line."""
        if self.json:
            self.emit(documents, "")
        elif documents:
            streams.write(table(headers if sys.stdout.isatty() else None, rows))
        else:
            self.remark(empty)

    def local(self, time: datetime | str | None, *, seconds: bool = False) -> str:
        """A time as people here read it; "" for None."""
        return local(time, self.settings.timezone, seconds=seconds)

    def remark(self, text: str) -> None:
        """Print a remark for people on stderr; --quiet leaves it out."""
        if not self.quiet:
            streams.say(text)

    def localize(self, text: str | None) -> str:
        """A stored note in the site's language; "" for None."""
        from appliance.services.i18n.catalog import translate

        return translate(text, self.settings.default_language) if text else ""

    @property
    def interactive(self) -> bool:
        """Whether questions can be asked: input and stderr are a terminal."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def progress(self) -> bool:
        """Whether a progress bar makes sense: at a terminal, and not with --quiet."""
        return sys.stderr.isatty() and not self.quiet


pass_context = click.make_pass_decorator(Context)


def common_options(command: F) -> F:
    """Add --json and --quiet; their values are in the context, not in the arguments."""
    for flag, help_text in (
        ("quiet", "Print only results, warnings and errors."),
        ("json", "Answer with one JSON document."),
    ):
        command = click.option(
            f"--{flag}",
            is_flag=True,
            expose_value=False,
            callback=_remember(flag),
            help=help_text,
        )(command)
    return command


def _remember(flag: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def callback(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            setattr(ctx.find_object(Context), flag, True)

    return callback


def actor() -> str:
    """Who decides, as the history of a broadcast records it: `cli:` and the login name."""
    try:
        return f"cli:{getpass.getuser()}"[:100]
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "cli"


def write_json_array(documents: Iterable[object]) -> None:
    """Write an array to stdout, one element a line, without holding all of them in memory."""
    separator = "[\n"
    with streams.answering() as stream:
        for document in documents:
            stream.write(separator + streams.dumped(document))
            separator = ",\n"
        stream.write("[]\n" if separator == "[\n" else "\n]\n")
