"""`appliance chat …`: people, groups and channels on Telegram."""

import csv
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import click

from appliance.cli.context import Context, common_options, pass_context, write_json_array
from appliance.cli.options import IDS
from appliance.cli.process import streams
from appliance.cli.suggest import SuggestingGroup


@click.group(cls=SuggestingGroup)
def chat() -> None:
    """People, groups and channels the bot knows.

    \b
    Examples:
      appliance chat list --type group --waiting
      appliance chat approve -1001234567890
    """


@chat.command("list")
@click.option(
    "--status",
    type=click.Choice(["active", "stopped", "blocked", "left", "lost", "new", "unreachable"]),
    help="lost: Telegram does not know it; unreachable: blocked, left or lost.",
)
@click.option("--type", "kind", type=click.Choice(["private", "group", "channel"]))
@click.option("--approved/--waiting", default=None, help="Groups: destinations, or not (yet).")
@click.option("--linked/--unlinked", default=None, help="Only those with, or without, an account.")
@click.option("--search", help="A part of a name, or an id.")
@click.option("--limit", type=click.IntRange(1), help="At most so many; default: all.")
@common_options
@pass_context
def list_(
    context: Context,
    status: str | None,
    kind: str | None,
    approved: bool | None,
    linked: bool | None,
    search: str | None,
    limit: int | None,
) -> None:
    """Chats by id.

    \b
    Examples:
      appliance chat list --status unreachable
      appliance chat list --type group --waiting
      appliance chat list --unlinked --json
    """
    from appliance.crud.chats import chats
    from appliance.crud.chats.chats import ChatFilter

    filter = ChatFilter(search, status, linked, kind, approved)
    with context.database.reading() as session:
        rows = chats.list_page(session, filter, limit or 10_000_000)
        documents = [_document(row) for row in rows]
    lines = [(doc["chat_id"], doc["type"], _standing(doc), doc["name"]) for doc in documents]
    context.list_(documents, ("ID", "TYPE", "STATUS", "NAME"), lines, "No chat.")


@chat.command(context_settings=IDS)
@click.argument("chat_id", type=int, metavar="ID")
@common_options
@pass_context
def approve(context: Context, chat_id: int) -> None:
    """Let a group or channel be a destination of broadcasts.

    \b
    Example:
      appliance chat approve -1001234567890
    """
    _decide(context, chat_id, True)


@chat.command(context_settings=IDS)
@click.argument("chat_id", type=int, metavar="ID")
@common_options
@pass_context
def refuse(context: Context, chat_id: int) -> None:
    """Send no broadcasts to a group or channel any more. The bot stays in it.

    \b
    Example:
      appliance chat refuse -1001234567890
    """
    _decide(context, chat_id, False)


@chat.command(context_settings=IDS)
@click.argument("chat_id", type=int, metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@pass_context
def remove(context: Context, chat_id: int, yes: bool) -> None:
    """Forget a chat, with all that was said in it; reports of broadcasts keep their lines.

    Whoever writes to the bot again is known again, as somebody new.

    \b
    Examples:
      appliance chat list --status lost
      appliance chat remove 123456789 --yes
    """
    from appliance.crud.chats import chats

    with context.database.reading() as session:
        document = _document(chats.find(session, chat_id))
    if context.interactive and not yes:
        facts = f"{document['name']} ({chat_id}) and all that was said there"
        streams.ask(f"Forget {facts}?")
    with context.database.writing() as session:
        chats.remove(session, chat_id)
    context.report({**document, "removed": True}, f"{document['name']} ({chat_id}) is forgotten.")


@chat.command("import")
@click.argument("file", type=click.File("rb"), metavar="FILE")
@click.option("--topic", metavar="NAME", help="Subscribe every chat in the list to this topic.")
@click.option("--id-column", metavar="NAME", help="Where the ids are, if not in chat_id.")
@common_options
@pass_context
def import_(context: Context, file: BinaryIO, topic: str | None, id_column: str | None) -> None:
    """Take in a list of chats: CSV in UTF-8 or UTF-16, '-' is standard input.

    The first line names the columns: chat_id (or user_id, or id) and, where known, first_name,
    last_name, username, language, timezone and topics (separated by ';'; '-' before one: opted
    out). Chats that are known keep what is known of them; what is missing is filled in. A bad row
    is reported with its line, and the rest is kept; a bad name, language or time zone is left out.
    The same list again changes nothing.

    Exit codes: 0 done · 2 no such list · 3 some rows were bad.

    \b
    Examples:
      appliance chat import members.csv
      appliance topic add choir --off
      appliance chat import singers.csv --topic choir
    """
    from appliance.cli import exits
    from appliance.services.chats import csv_import

    with _progress(context, file) as progress:
        report = csv_import.take_in(context.database, file, topic, id_column, progress)
    if report.unread:
        context.remark(f"Columns nobody knows, left out: {', '.join(report.unread)}")
    context.report(
        report.as_document(),
        f"{report.rows} rows: {report.added} new, {report.updated} filled in,"
        f" {report.bad_count} bad.",
    )
    for line, reason in [] if context.json else report.bad:
        streams.say(f"line {line}: {reason}")
    for line, reason in [] if context.json else report.dropped:
        streams.say(f"line {line}: taken without this: {reason}")
    if report.bad_count:
        sys.exit(exits.IN_PART)


@chat.command()
@common_options
@pass_context
def export(context: Context) -> None:
    """Every chat as CSV, as `chat import` takes it. Written as it is read.

    \b
    Example:
      appliance chat export > chats.csv
    """
    from appliance.crud.chats import chat_import
    from appliance.services import spreadsheet
    from appliance.services.chats import csv_import

    with context.database.reading() as session:
        rows = map(csv_import.as_row, chat_import.iterate(session))
        if context.json:
            write_json_array(rows)
            return
        with streams.writing_csv() as stream:
            writer = csv.DictWriter(stream, csv_import.COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(map(spreadsheet.cells, rows))


def _decide(context: Context, chat_id: int, approved: bool) -> None:
    from appliance.services.chats import approval

    with context.database.writing() as session:
        document = _document(approval.decide(session, chat_id, approved, by=None))
    result = "may get broadcasts now." if approved else "gets no broadcasts."
    context.report(document, f"{document['name']} {result}")


def _standing(document: dict[str, Any]) -> str:
    """The status; `waiting` for a group or channel that is not approved."""
    waits = document["status"] == "active" and not document["approved"]
    return "waiting" if waits and document["type"] != "private" else str(document["status"])


@contextmanager
def _progress(context: Context, file: BinaryIO) -> Iterator[Callable[[int], None]]:
    """A function that moves a bar on stderr by so many bytes of the file; without a terminal, and
    for a pipe, which has no size, it does nothing.
    """
    status = os.fstat(file.fileno()) if context.progress else None
    if status is None or not stat.S_ISREG(status.st_mode):
        yield lambda size: None
        return
    with click.progressbar(length=status.st_size, file=sys.stderr, width=30) as bar:
        yield bar.update


def _document(row: Any) -> dict[str, Any]:
    return {
        "chat_id": row.id,
        "type": row.type,
        "status": row.status,
        "user_id": row.user_id,
        "name": row.name,
        "username": row.username,
        "language": row.language,
        "approved": row.approved,
        "banned": row.banned,
    }
