"""`appliance man`: the manual page, made of the help of every command."""

import inspect
import re
from collections.abc import Iterator

import click

from appliance import __version__
from appliance.cli import exits
from appliance.cli.context import Context, common_options, pass_context

FILES = (
    ("HOME/.env", "Settings, mode 0600; see docs/configuration.md."),
    ("HOME/data/", "The database, and the files that are sent."),
)
COMMON = {"--json", "--quiet", "--help", "-h, --help"}


@click.command("man")
@common_options
@pass_context
def manual(context: Context) -> None:
    """The manual page of all commands, for man(1).

    \b
    Examples:
      appliance man | man -l -
      appliance man > /usr/local/share/man/man1/appliance.1
    """
    root = click.get_current_context().find_root().command
    text = page(root)
    context.emit({"page": text}, text)


def page(root: click.Command) -> str:
    """The page in the language of man(7); everything in it is ASCII."""
    top = click.Context(root, info_name="appliance")
    lines = [f'.TH APPLIANCE 1 "" "appliance {__version__}"', ".ad l", ".nh", ".SH NAME"]
    lines += ["appliance \\- a members' site and a Telegram bot in one package"]
    lines += [".SH SYNOPSIS", ".B appliance", "[\\-\\-home DIRECTORY] COMMAND [OPTION]..."]
    lines += [".SH DESCRIPTION", *_text(root.help or ""), *_options(top, frozenset())]
    lines += [".PP", "All commands take", ".BR \\-\\-json ,", ".BR \\-\\-quiet", "and"]
    lines += [".BR \\-\\-help .", ".SH COMMANDS"]
    for context in _below(top):
        lines += _section(context)
    lines += [".SH EXIT STATUS", *_pairs((str(code), text) for code, text in exits.MEANINGS)]
    return "\n".join([*lines, ".SH FILES", *_pairs(FILES)])


def _below(context: click.Context) -> Iterator[click.Context]:
    if not isinstance(context.command, click.Group):
        return
    for name in context.command.list_commands(context):
        command = context.command.get_command(context, name)
        if command is not None and not command.hidden:
            child = click.Context(command, info_name=name, parent=context)
            yield child
            yield from _below(child)


def _section(context: click.Context) -> list[str]:
    arguments = [p for p in context.command.get_params(context) if isinstance(p, click.Argument)]
    names = [argument.make_metavar(context) for argument in arguments]
    heading = _escaped(" ".join([context.command_path, *names]))
    return [f".SS {heading}", *_text(context.command.help or ""), *_options(context, COMMON)]


def _text(help_text: str) -> list[str]:
    """Paragraphs; those that Click must not wrap, such as examples, as they stand."""
    lines = []
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(help_text)):
        rows = paragraph.split("\n")
        if rows[0].strip() == "\b":
            lines += [".PP", ".nf", *map(_escaped, rows[1:]), ".fi"]
        else:
            lines += [".PP", _escaped(" ".join(row.strip() for row in rows))]
    return lines


def _options(context: click.Context, left_out: set[str] | frozenset[str]) -> list[str]:
    params = context.command.get_params(context)
    records = [p.get_help_record(context) for p in params if isinstance(p, click.Option)]
    return _pairs(record for record in records if record and record[0] not in left_out)


def _pairs(records: Iterator[tuple[str, str]] | tuple[tuple[str, str], ...]) -> list[str]:
    lines = []
    for name, text in records:
        lines += [".TP", f"\\fB{_escaped(name)}\\fR", _escaped(text)]
    return lines


def _escaped(text: str) -> str:
    """Text that troff prints as it is: signs of its own, and every letter that is not ASCII."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha")
    escaped = escaped.replace("`", "\\(ga").replace("'", "\\(aq").replace("~", "\\(ti")
    escaped = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in escaped)
    return f"\\&{escaped}" if escaped.startswith(".") else escaped
