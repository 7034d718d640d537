"""`appliance inbox …`: what people write to the bot, and answers. See also `manage`, `settings`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from appliance.cli.context import Context, common_options, pass_context
from appliance.cli.inbox import manage, settings
from appliance.cli.layout.tables import Cell, table
from appliance.cli.options import IDS
from appliance.cli.suggest import SuggestingGroup
from appliance.printable import one_line

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from appliance.services.inbox.threads import ThreadMessage, ThreadSummary


@click.group(cls=SuggestingGroup)
def inbox() -> None:
    """What people write to the bot: read it, answer it, see to it.

    \b
    Examples:
      appliance inbox list
      appliance inbox show 51234
      appliance inbox reply 51234 "The hall opens at seven"
    """


for command in (
    manage.assign,
    manage.note,
    manage.label,
    manage.close,
    manage.ban,
    settings.group,
    settings.hours,
):
    inbox.add_command(command)


@inbox.command("list")
@click.option(
    "--status",
    type=click.Choice(["open", "closed", "all"]),
    default="open",
    show_default=True,
    help="Only threads that are so.",
)
@click.option("--assigned", metavar="EMAIL", help="Only this operator's; 'none': nobody's.")
@click.option("--label", help="Only those with this label.")
@click.option("--search", help="A part of a name, of an address, or of what was said.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most.")
@common_options
@pass_context
def list_(
    context: Context,
    status: str,
    assigned: str | None,
    label: str | None,
    search: str | None,
    limit: int,
) -> None:
    """Threads, the latest news first; the number is that of new messages.

    \b
    Examples:
      appliance inbox list
      appliance inbox list --assigned none --json
      appliance inbox list --status all --search "ticket"
    """
    from appliance.crud.messages.threads import ThreadFilter
    from appliance.services.inbox import threads

    with context.database.reading() as session:
        filter = ThreadFilter(
            status=None if status == "all" else status,
            assigned_to=_operator_id(session, assigned) if assigned not in (None, "none") else None,
            unassigned=assigned == "none",
            label=label,
            query=search,
        )
        summaries = threads.list_summaries(session, filter, limit)
        documents = [document_of(thread) for thread in summaries]
    lines = [_row(context, thread) for thread in summaries]
    context.list_(documents, ("NEW", "ID", "NAME", "AT", "LAST", "STATE"), lines, "No thread.")


@inbox.command(context_settings=IDS)
@click.argument("chat_id", type=int)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most.")
@common_options
@pass_context
def show(context: Context, chat_id: int, limit: int) -> None:
    """One thread: its state, its notes and what was said last, the oldest first.

    \b
    Example:
      appliance inbox show 51234 --limit 5
    """
    from appliance.services.inbox import threads

    with context.database.reading() as session:
        thread = threads.get_summary(session, chat_id)
        messages = threads.list_messages(session, chat_id, limit)[::-1]
        notes = threads.list_notes(session, chat_id)
        document = {
            **document_of(thread),
            "notes": [
                {"id": it.id, "text": it.text, "author": it.author.name if it.author else None}
                for it in notes
            ],
            "messages": [_message(message) for message in messages],
        }
        lines = [table(None, [_row(context, thread)])]
        lines += [f"  note: {note.text}" for note in notes]
        lines += [_message_line(context, message, thread.chat.name) for message in messages]
    context.emit(document, "\n".join(lines))


@inbox.command(context_settings=IDS)
@click.argument("chat_id", type=int)
@click.argument("text", required=False)
@click.option("--html", is_flag=True, help="The text has Telegram's HTML tags; plain otherwise.")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="Send this file; the text is its caption. A picture goes as a photo.",
)
@click.option("--as", "author", metavar="EMAIL", help="Whose answer it is; default: nobody's.")
@click.option("--key", help="The same key again sends nothing and shows the first answer.")
@common_options
@pass_context
def reply(
    context: Context,
    chat_id: int,
    text: str | None,
    html: bool,
    file: Path | None,
    author: str | None,
    key: str | None,
) -> None:
    """Answer a person; '-' or no TEXT reads standard input.

    It goes first in the budget, before notifications and broadcasts.

    Exit codes: 0 queued · 1 the bot is blocked · 2 no such person, or Telegram would refuse it.

    \b
    Examples:
      appliance inbox reply 51234 "The hall opens at seven"
      appliance inbox reply 51234 --file plan.pdf "Here is the plan"
      appliance inbox reply 51234 - --html --as olga@example.org < answer.html
    """
    from appliance.cli import follow
    from appliance.cli.input import read_text
    from appliance.services.inbox import replies, threads

    if html and file is not None:
        raise click.UsageError("a caption is plain text: --html and --file do not go together")
    content = text or "" if file is not None else read_text(text)
    stored = _store_file(context, file) if file is not None else None
    with context.database.writing() as session:
        author_id = _operator_id(session, author) if author else None
        if stored is not None:
            message = replies.answer_file(
                session, chat_id, stored, caption=content, author_id=author_id, key=key
            )
        else:
            message = replies.answer(
                session,
                chat_id,
                content,
                format="html" if html else "plain",
                author_id=author_id,
                key=key,
            )
        (answer,) = threads.messages_of(session, [message])
    context.report(
        {"chat_id": chat_id, **_message(answer)}, f"Answer {answer.id} is {answer.state}."
    )
    follow.end_if_nothing_sends(context, f"answer {answer.id}")


def document_of(thread: "ThreadSummary") -> dict[str, Any]:
    """A thread as scripts get it."""
    from appliance.services.timing.clock import rfc3339

    return {
        "chat_id": thread.chat.id,
        "name": thread.chat.name,
        "username": thread.chat.username,
        "chat_status": thread.chat.status,
        "user_id": thread.user.id if thread.user else None,
        "status": thread.status,
        "assigned": thread.assigned.name if thread.assigned else None,
        "labels": thread.labels,
        "unread": thread.unread,
        "banned": thread.banned,
        "last_text": thread.last_text,
        "last_direction": thread.last_direction,
        "last_at": rfc3339(thread.last_at),
    }


def _row(context: Context, thread: "ThreadSummary") -> tuple[Cell, ...]:
    from appliance.models import ChatStatus

    signs = [thread.status if thread.status != "open" else "", "banned" if thread.banned else ""]
    signs += [thread.chat.status if thread.chat.status not in ChatStatus.REACHABLE else ""]
    signs += [
        f"@{thread.assigned.name}" if thread.assigned else "",
        *(f"#{it}" for it in thread.labels),
    ]
    arrow = {"in": "< ", "out": "> "}.get(thread.last_direction or "", "")
    return (
        thread.unread or None,
        thread.chat.id,
        thread.chat.name,
        context.local(thread.last_at),
        f"{arrow}{thread.last_text or ''}",
        " ".join(sign for sign in signs if sign),
    )


def _message(message: "ThreadMessage") -> dict[str, Any]:
    from appliance.services.timing.clock import rfc3339

    return {
        "id": message.id,
        "direction": message.direction,
        "text": message.text,
        "files": [{"kind": it.kind, "name": it.name, "size": it.size} for it in message.files],
        "state": message.state,
        "reason": message.reason,
        "author": message.author.name if message.author else None,
        "forwarded_from": message.forwarded_from,
        "in_answer_to": message.in_answer_to,
        "edited_at": rfc3339(message.edited_at),
        "at": rfc3339(message.at),
    }


def _message_line(context: Context, message: "ThreadMessage", name: str) -> str:
    from appliance.services.inbox.labels import with_kinds

    who = name if message.direction == "in" else message.author.name if message.author else "bot"
    state = (
        f" ({message.state}{f': {message.reason}' if message.reason else ''})"
        if message.state
        else ""
    )
    text = with_kinds([file.kind for file in message.files], message.text)
    if message.in_answer_to:
        text = f"(in answer to: {message.in_answer_to}) {text}"
    if message.forwarded_from:
        text = f"(forwarded from {message.forwarded_from}) {text}"
    return f"{context.local(message.at)} {one_line(who)}: {text}{state}"


def _operator_id(session: "Session", name: str) -> int:
    """Raises NotFound."""
    from appliance.crud.accounts import users

    return users.find(session, name).id


def _store_file(context: Context, path: Path) -> Any:
    """Raises Invalid: it cannot be read, or Telegram would not take it."""
    from appliance.errors import Invalid
    from appliance.services.content import media

    try:
        file = path.open("rb")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise Invalid.at("file", message) from None
    with file:
        kind = media.guess_kind(file, path.name)
        return media.keep(context.settings.data, kind, file, path.name)
