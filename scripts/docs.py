"""Makes docs/cli.md out of the Click tree, so that the page says what the program does."""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from appliance.cli import exits
from appliance.cli import main as root

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
WIDTH = 90  # columns of a help text

INTRODUCTION = """\
<!-- Made by scripts/docs from the help of the commands: do not edit it here. -->

# The command line

`appliance --home DIRECTORY`, and a command with its options. Without `--home` the home is
`$APPLIANCE_HOME`, else the working directory; what it holds is told in
[configuration](configuration.md).

The answer goes to stdout, everything else to stderr. Every command takes `--help`, which also has
examples; all that print something take `--json` (one JSON document, times in UTC) and `--quiet`
(only what was asked for and what went wrong: nothing of a change that succeeded). People get times
by `TIMEZONE`, and headings at a terminal. Without a terminal nothing is ever asked: what is missing
is an error that names the option. `appliance broadcast TEXT` is short for
`appliance broadcast send TEXT`.

`eval "$(appliance completion bash)"` (or zsh, fish) gives the tab key; `appliance man | man -l -`
shows all of this.

Called by root in a home of somebody else, a command becomes them before it opens it, but for the
files on its command line; where it cannot, and for others than root, it is refused.

## Exit codes

| exit code | meaning |
| --- | --- |
{codes}

What was queued or changed stays done where the answer cannot be written: 0, and a line on stderr
with its id. Control characters of strangers are shown as `\\x1b`, and escaped in JSON; only CSV in
a file or pipe is what is stored.
"""

# In the introduction, for nearly every command has them.
COMMON = {"--json", "--quiet", "-h, --help"}
# Examples stand in the documents on each subject, too, exit codes above.
EXAMPLES = re.compile(r"\s+(?:\x08\n)?(?:Examples?:\n|Exit codes: )")
SHARED = 8  # that many options in common with another command, and that one is named instead

Record = tuple[str, str]


def page() -> str:
    """The whole of docs/cli.md."""
    settings = {**root.context_settings, "terminal_width": WIDTH}
    found = list(commands(click.Context(root, info_name="appliance", **settings)))
    top = [ctx for ctx in found[1:] if ctx.parent is found[0]]
    links = " ·\n".join(f"[`{ctx.info_name}`](#{anchor(ctx)})" for ctx in top)
    codes = "\n".join(f"| {code} | {meaning} |" for code, meaning in exits.MEANINGS)
    introduction = INTRODUCTION.replace("{codes}", codes)
    return "\n".join([introduction, "## Commands\n", f"{links}\n", *map(section, found[1:])])


def commands(context: click.Context) -> Iterator[click.Context]:
    """A context for the command itself and for each below it, groups before what they hold."""
    yield context
    if not isinstance(context.command, click.Group):
        return
    for name in context.command.list_commands(context):
        below = context.command.get_command(context, name)
        if below is not None and not below.hidden:
            yield from commands(click.Context(below, info_name=name, parent=context))


def section(context: click.Context) -> str:
    """A heading, and what `--help` says without what all commands have in common."""
    marks = "###" if context.parent and context.parent.parent is None else "####"
    return f"{marks} {context.command_path}\n\n```text\n{help_text(context)}\n```\n"


def help_text(context: click.Context) -> str:
    """What it is called with, what it does, its own options."""
    formatter = context.make_formatter()
    arguments = [p for p in context.command.get_params(context) if isinstance(p, click.Argument)]
    if arguments:
        names = [argument.make_metavar(context) for argument in arguments]
        formatter.write(" ".join([context.command_path, *names]) + "\n")
    text = inspect.cleandoc(context.command.help or "")
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(EXAMPLES.split(text)[0])
    write_options(context, formatter)
    return formatter.getvalue().strip("\n")


def write_options(context: click.Context, formatter: click.HelpFormatter) -> None:
    own = records(context)
    larger = next((other for other in siblings(context) if _holds(records(other), own)), None)
    if larger is not None:
        left_out = ", ".join(name for name, _ in records(larger) if (name, _) not in own)
        told = f"Options: those of `{larger.command_path}` without {left_out}."
        formatter.write_paragraph()
        formatter.write_text(told)
    elif own:
        with formatter.section("Options"):
            formatter.write_dl(own)


def records(context: click.Context) -> list[Record]:
    """Its options with what they say, but those that all commands have."""
    options = [p for p in context.command.get_params(context) if isinstance(p, click.Option)]
    found = [record for option in options if (record := option.get_help_record(context))]
    return [record for record in found if record[0] not in COMMON]


def siblings(context: click.Context) -> Iterator[click.Context]:
    above = context.parent
    if above is None or not isinstance(above.command, click.Group):
        return
    for name, command in above.command.commands.items():
        if name != context.info_name:
            yield click.Context(command, info_name=name, parent=above)


def _holds(many: list[Record], few: list[Record]) -> bool:
    return len(few) >= SHARED and set(few) < set(many)


def anchor(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def main(arguments: list[str]) -> None:
    if arguments not in ([], ["--check"]):
        sys.exit("usage: docs [--check]")
    if not arguments:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/cli.md is not what the commands say: run scripts/docs")


if __name__ == "__main__":
    main(sys.argv[1:])
