"""`appliance broadcast …`: write to many people and see what happened to each."""

import csv
import json
import sys
from typing import Any

import click

from appliance.cli import broadcast_schedule
from appliance.cli.broadcast_schedule import When, time_options
from appliance.cli.context import Context, common_options, pass_context
from appliance.errors import Fault, Invalid


class SendByDefault(click.Group):
    """`broadcast TEXT` is `broadcast send TEXT`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asks_help = any(word in {"-h", "--help"} for word in args)
        if not asks_help and not (args and args[0] in self.commands):
            args = ["send", *args]
        return super().parse_args(ctx, args)


@click.group(cls=SendByDefault)
def broadcast() -> None:
    """Write to many people; see what happened to each.

    `appliance broadcast TEXT` is `appliance broadcast send TEXT`.

    \b
    Examples:
      appliance broadcast "The hall is open again"
      appliance broadcast send - --html --to lang:ru --wait < letter.html
      appliance broadcast report 7 --format csv > report.csv
    """


broadcast.add_command(broadcast_schedule.schedule)


@broadcast.command()
@click.argument("text", required=False)
@click.option(
    "--html", is_flag=True, help="The text has Telegram's HTML tags; plain is the default."
)
@click.option(
    "--to",
    multiple=True,
    metavar="AUDIENCE",
    help="all (the default), linked, unlinked,"
    " user:EMAIL, chat:ID, role:ROLE, lang:CODE. Repeatable.",
)
@click.option(
    "--not", "exclude", multiple=True, metavar="AUDIENCE", help="Leave these out. Repeatable."
)
@click.option("--button", multiple=True, metavar="TEXT=URL", help="A button under it. Repeatable.")
@click.option("--silent", is_flag=True, help="Without a sound.")
@click.option("--key", help="Send only once for this key, however often it is called.")
@time_options
@click.option("--wait", is_flag=True, help="Follow to the end; sends itself if nothing else does.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@pass_context
def send(
    context: Context,
    text: str | None,
    html: bool,
    to: tuple[str, ...],
    exclude: tuple[str, ...],
    button: tuple[str, ...],
    silent: bool,
    key: str | None,
    when: When,
    wait: bool,
    yes: bool,
) -> None:
    """Queue a broadcast; '-' or no TEXT reads standard input.

    Exit codes: 0 done (people who blocked the bot are an outcome) · 2 refused as it stands ·
    3 some failed for another reason or are unknown · 4 nobody in the audience · 75 try later.

    \b
    Examples:
      appliance broadcast send "Training is at six" --to role:member --wait
      echo "Backup failed" | appliance broadcast send --to role:admin --key backup-2026-11-23
      appliance broadcast send "Merry Christmas" --at '2026-12-24 18:00' --quiet-hours 22:00-08:00
    """
    from appliance.cli import sending
    from appliance.services.broadcasts import NewBroadcast

    when.check(key=key, wait=wait)
    new = NewBroadcast(
        text=sending.read_text(text),
        format="html" if html else "plain",
        to=to or ("all",),
        exclude=exclude,
        options=_options(button, silent),
        key=key,
    )
    new = when.applied(context, new)
    if when.cron is not None:
        broadcast_schedule.create(context, when, new)
        return
    sending.send(context, new, wait=wait, ask=context.interactive and not yes)


@broadcast.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@common_options
@pass_context
def list_(context: Context, limit: int) -> None:
    """The newest broadcasts with their counts."""
    from appliance.crud import broadcasts
    from appliance.services.broadcasts import as_document

    with context.database.reading() as session:
        found = [(as_document(row), row.text) for row in broadcasts.list_page(session, limit)]
    lines = [
        f"{doc['id']:>5}  {doc['status']:<10} {doc['sent']:>7}/{doc['total']:<7}"
        f" failed {doc['failed']:<5} unknown {doc['unknown']:<4} {' '.join(text.split())[:50]}"
        for doc, text in found
    ]
    context.emit([doc for doc, _ in found], "\n".join(lines) or "No broadcast yet.")


@broadcast.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@common_options
@pass_context
def show(context: Context, broadcast_id: int) -> None:
    """One broadcast: its state, counts and reasons."""
    from appliance.cli.sending import summary
    from appliance.crud import broadcasts
    from appliance.services.broadcasts import as_document

    with context.database.reading() as session:
        document = as_document(broadcasts.get(session, broadcast_id))
    context.emit(document, summary(document))


@broadcast.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@common_options
@pass_context
def pause(context: Context, broadcast_id: int) -> None:
    """Stop sending for now; effective within a second."""
    _change(context, "pause", broadcast_id)


@broadcast.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@common_options
@pass_context
def resume(context: Context, broadcast_id: int) -> None:
    """Go on with a broadcast that was paused or halted."""
    _change(context, "resume", broadcast_id)


@broadcast.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@common_options
@pass_context
def cancel(context: Context, broadcast_id: int) -> None:
    """Stop for good; who has not got it yet is skipped."""
    from appliance.models import utcnow
    from appliance.services.broadcasts import sweep_cancelled

    _change(context, "cancel", broadcast_id, quiet=True)
    sweep_cancelled(context.database.writing, broadcast_id, utcnow())
    show.callback(broadcast_id)  # type: ignore[misc]


@broadcast.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@click.option(
    "--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True
)
@common_options
@pass_context
def report(context: Context, broadcast_id: int, form: str) -> None:
    """Every recipient: chat, state, reason, attempts, message id, time. Written as it is read."""
    from appliance.crud import broadcasts, deliveries
    from appliance.services.broadcasts import report_line

    with context.database.reading() as session:
        broadcasts.get(session, broadcast_id)
        lines = (report_line(row) for row in deliveries.iterate(session, broadcast_id))
        if form == "json" or context.json:
            _write_json_array(lines)
        else:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(REPORT_COLUMNS)
            writer.writerows(line.values() for line in lines)


REPORT_COLUMNS = ("chat_id", "state", "reason", "attempts", "message_id", "updated_at")


def _write_json_array(lines: Any) -> None:
    """An array of objects, one a line, without holding them all."""
    separator = "[\n"
    for line in lines:
        sys.stdout.write(separator + json.dumps(line))
        separator = ",\n"
    sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def _change(context: Context, verb: str, broadcast_id: int, *, quiet: bool = False) -> None:
    from appliance.services import broadcasts

    with context.database.writing() as session:
        changed = getattr(broadcasts, verb)(session, broadcast_id)
        document = broadcasts.as_document(changed)
    if not quiet:
        context.report(document, f"Broadcast {broadcast_id} is {document['status']}.")


def _options(buttons: tuple[str, ...], silent: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"silent": True} if silent else {}
    if buttons:
        options["buttons"] = [[_button(button)] for button in buttons]
    return options


def _button(text: str) -> dict[str, str]:
    label, equals, url = text.partition("=")
    if not equals:
        message = f"--button takes TEXT=URL, got {text!r}"
        raise Invalid(message, (Fault("button", message),))
    return {"text": label.strip(), "url": url.strip()}
