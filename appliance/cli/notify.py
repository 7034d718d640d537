"""`appliance notify`: tell one person, a chat, a topic or a role something, and be done."""

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from appliance.cli.context import Context, actor, common_options, pass_context
from appliance.cli.exits import Done
from appliance.cli.process import streams

if TYPE_CHECKING:
    from appliance.services.notify import NewNotification

Document = dict[str, Any]


@click.command()
@click.argument("text", required=False)
@click.option(
    "--to",
    required=True,
    metavar="WHOM",
    help="user:EMAIL, chat:ID, topic:NAME or role:ROLE.",
)
@click.option("--title", help="In bold above the text.")
@click.option(
    "--priority",
    type=click.Choice(["low", "normal", "high"]),
    default="normal",
    show_default=True,
    help="low: without a sound; high: with one, also in somebody's quiet hours.",
)
@click.option("--html", is_flag=True, help="The text has Telegram's HTML tags.")
@click.option("--button", multiple=True, metavar="TEXT=URL", help="A button. Repeatable.")
@click.option("--key", help="Send only once for this key, however often it is called.")
@click.option("--wait", is_flag=True, help="Until it is sent; sends itself if nothing else does.")
@common_options
@pass_context
def notify(
    context: Context,
    text: str | None,
    to: str,
    title: str | None,
    priority: str,
    html: bool,
    button: tuple[str, ...],
    key: str | None,
    wait: bool,
) -> None:
    """Tell somebody something, before any broadcast; '-' or no TEXT reads standard input.

    Exit codes: 0 queued, with --wait sent · 1 it failed · 2 refused as it stands · 3 some failed,
    or it is unknown · 4 it would reach nobody: not linked, stopped, blocked · 75 try later.

    \b
    Examples:
      appliance notify "Disk is full" --to role:admin --title db1 --priority high
      df -h | appliance notify --to user:ann@example.org --key "disk-$(date +%F)"
      appliance notify "Deployed" --to topic:dev --button 'Log=https://ci.example.org/31' --wait
    """
    from appliance.cli import follow
    from appliance.cli.broadcast.content_options import button_of
    from appliance.cli.input import read_text
    from appliance.services.notify import NewNotification

    new = NewNotification(
        to=to,
        text=read_text(text, any_bytes=True),
        title=title,
        format="html" if html else "plain",
        priority=priority,
        buttons=[[button_of(option)] for option in button],
        key=key,
    )
    if text is None or text == "-":  # what a program says: nobody is there to mend it
        from appliance.services.alerts.fit import made_to_arrive

        new = made_to_arrive(new, context.settings.data)
    document, message_id = _queue(context, new)
    if wait:
        _wait(context, document, message_id)
    context.report(document, f"Notification {document['id']} is queued for {document['to']}.")
    follow.end_if_nothing_sends(context, f"notification {document['id']}")


def _queue(context: Context, new: "NewNotification") -> tuple[Document, int | None]:
    """Queue a notification, or find the one with its key. The id is its message's in the outbox;
    None for one that went to many and so is a broadcast.
    """
    from appliance.services.notify import Sender, count, create

    with context.database.writing() as session:
        row, created = create(session, new, Sender(actor()))
    context.done = Done(f"notification {row.id} is queued")
    with context.database.reading() as session:
        messages = count(session, row)
    if not created:
        context.remark(f"Key {new.key!r} was used before: this is notification {row.id}.")
    document = {
        "id": row.id,
        "to": row.target,
        "messages": messages,
        "broadcast_id": row.broadcast_id,
    }
    return document, row.message_id


def _wait(context: Context, document: Document, message_id: int | None) -> NoReturn:
    """Follow it to its end; ends the process with its code."""
    from appliance.cli import exits, follow

    if message_id is None:
        followed = follow.follow(context, document["broadcast_id"])
        code = follow.outcome_code(followed)
        state, reason = followed["status"], followed["note"]
    else:
        state, reason = _follow_message(context, message_id)
        code = outcome_code(state, reason)
    text = f"Notification {document['id']} to {document['to']}: {state}"
    answer = {**document, "state": state, "reason": reason}
    context.done = Done(text, code)
    show = context.report if code == exits.DONE else context.emit
    show(answer, f"{text} ({reason})." if reason else f"{text}.")
    sys.exit(code)


def _follow_message(context: Context, message_id: int) -> tuple[str, str | None]:
    from appliance.cli import follow
    from appliance.cli.exits import asked_to_stop
    from appliance.crud.messages import notifications
    from appliance.models import DeliveryState

    with asked_to_stop() as stop:
        with follow.engine_beside(context):
            while not stop.is_set():
                with context.database.reading() as session:
                    state, reason = notifications.outcome(session, message_id)
                if state not in {DeliveryState.PENDING, DeliveryState.SENDING}:
                    return state.word, reason
                stop.wait(follow.PROGRESS_POLL_SECONDS)
        streams.say("appliance: the notification is queued: it leaves when `appliance serve` runs")
        sys.exit(stop.exit_code)


def outcome_code(state: str, reason: str | None) -> int:
    """Having blocked the bot or left is an expected outcome and no failure."""
    from appliance.cli import exits
    from appliance.delivery.answers.refusals import GONE_REASONS

    if state == "unknown":
        return exits.IN_PART
    return exits.DONE if state == "sent" or reason in GONE_REASONS else exits.FAILED
