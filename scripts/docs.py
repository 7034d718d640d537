"""Makes docs/cli.md out of the Click tree, so that the page says what the program does."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from appliance.cli import main as root

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
WIDTH = 90  # columns of a help text

INTRODUCTION = """\
<!-- Made by scripts/docs from the help of the commands: do not edit it here. -->

# The command line

`appliance --home DIRECTORY`, and a command with its options. Without `--home` the home is
`$APPLIANCE_HOME`, else the working directory; what it holds is told in
[configuration](configuration.md). Every command answers `--help`.

The answer goes to stdout, everything else to stderr. Commands that take `--json` answer with one
JSON document; `--quiet` leaves out remarks and progress bars, which are shown only at a terminal
anyway. Without a terminal nothing is ever asked: what is missing is an error that names the option.

| exit code | meaning |
| --- | --- |
| 0 | done; people who blocked the bot or left are an outcome, not a fault |
| 1 | it failed, and one line on stderr says why |
| 2 | refused as it stands: an unknown option, a broken text, an audience nobody knows |
| 3 | done in part: some recipients failed for another reason, or their outcome is unknown |
| 4 | nothing to do: nobody is in the audience |
| 75 | try again later: nothing sends at the moment, or another process is about to |

`appliance broadcast TEXT` is short for `appliance broadcast send TEXT`.
"""


def page() -> str:
    """The whole of docs/cli.md."""
    settings = {**root.context_settings, "terminal_width": WIDTH}
    found = list(commands(click.Context(root, info_name="appliance", **settings)))
    lines = [f"| [`{ctx.command_path}`](#{anchor(ctx)}) | {short(ctx)} |" for ctx in found]
    sections = [f"## {ctx.command_path}\n\n```text\n{ctx.get_help()}\n```\n" for ctx in found]
    return "\n".join([INTRODUCTION, "| command | |", "| --- | --- |", *lines, "", *sections])


def commands(context: click.Context) -> Iterator[click.Context]:
    """A context for the command itself and for each below it, groups before what they hold."""
    yield context
    if not isinstance(context.command, click.Group):
        return
    for name in context.command.list_commands(context):
        below = context.command.get_command(context, name)
        if below is not None and not below.hidden:
            yield from commands(click.Context(below, info_name=name, parent=context))


def anchor(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def short(context: click.Context) -> str:
    return context.command.get_short_help_str(limit=WIDTH)


def main(arguments: list[str]) -> None:
    if arguments not in ([], ["--check"]):
        sys.exit("usage: docs [--check]")
    if not arguments:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/cli.md is not what the commands say: run scripts/docs")


if __name__ == "__main__":
    main(sys.argv[1:])
