"""`appliance broadcast …`: write to many people and see what happened to each."""

import csv

import click
from click.shell_completion import CompletionItem

from appliance.cli.broadcast import changes, schedule, show
from appliance.cli.broadcast.draft_options import Draft, draft_options
from appliance.cli.broadcast.time_options import When, time_options
from appliance.cli.context import Context, common_options, pass_context, write_json_array
from appliance.cli.process import streams
from appliance.cli.suggest import meant


class SendByDefault(click.Group):
    """`broadcast TEXT` is `broadcast send TEXT`, unless the text looks like a mistyped command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        asks_help = any(arg in {"-h", "--help"} for arg in args)
        completes_a_command = ctx.resilient_parsing and not args
        if not (asks_help or completes_a_command or (args and args[0] in self.commands)):
            if not ctx.resilient_parsing:
                self._check(ctx, args)
            args = ["send", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Subcommands, and the options of `send`, which may be left out."""
        items = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            with click.Context(self.commands["send"], parent=ctx, info_name="send") as sending:
                known = {item.value for item in items}
                sent = sending.command.shell_complete(sending, incomplete)
                items += [item for item in sent if item.value not in known]
        return items

    def _check(self, ctx: click.Context, args: list[str]) -> None:
        """Without a terminal nobody is asked: `broadcast lst` went to everybody."""
        word = args[0] if args else ""
        if (command := meant(word, self.commands)) is not None:
            ctx.fail(
                f"did you mean `{command}`? To send it as a text: `appliance broadcast send {word}`"
            )


@click.group(cls=SendByDefault)
def broadcast() -> None:
    """Write to many people; see what happened to each.

    `appliance broadcast TEXT` is `appliance broadcast send TEXT`.

    \b
    Examples:
      appliance broadcast "The hall is open again"
      appliance broadcast send - --html --to lang:ru --wait < message.html
      appliance broadcast report 7 --format csv > report.csv
    """


for command in (
    show.show,
    changes.plan,
    changes.pause,
    changes.clear_pause,
    changes.resume,
    changes.cancel,
    changes.retry,
    changes.edit,
    changes.recall,
    schedule.schedule,
):
    broadcast.add_command(command)


@broadcast.command()
@draft_options
@click.option("--key", help="Send only once for this key, however often it is called.")
@time_options
@click.option("--wait", is_flag=True, help="Follow to the end; sends itself if nothing else does.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@pass_context
def send(
    context: Context,
    draft: Draft,
    key: str | None,
    when: When,
    wait: bool,
    yes: bool,
) -> None:
    """Queue a broadcast; '-' or no TEXT reads standard input.

    {first_name}, {last_name}, {username} and {name} stand for the recipient's;
    {first_name|friend} has a default.

    Exit codes: 0 done (people who blocked the bot are an outcome) · 2 refused as it stands ·
    3 some failed for another reason or are unknown · 4 nobody in the audience · 75 try later.

    \b
    Examples:
      appliance broadcast send "Training is at six" --to role:member --wait
      echo "Backup failed" | appliance broadcast send --to role:admin --key backup-2026-11-23
      appliance broadcast send "Merry Christmas" --at '2026-12-24 18:00' --quiet-hours 22:00-08:00
      appliance broadcast send "Dear {first_name|friend}" --photo hall.jpg --variant ru=@message.ru
    """
    from appliance.cli import follow

    when.check(key=key, wait=wait)
    new = when.applied(context, draft.build(context, key=key))
    if when.cron is not None:
        schedule.create(context, when, new)
        return
    follow.send(context, new, wait=wait, ask=context.interactive and not yes)


@broadcast.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@common_options
@pass_context
def list_(context: Context, limit: int) -> None:
    """The newest broadcasts with their counts.

    \b
    Example:
      appliance broadcast list --limit 5
    """
    from appliance.crud.broadcasts import broadcasts, operations
    from appliance.services.broadcasts import as_document

    with context.database.reading() as session:
        rows = broadcasts.list_page(session, limit)
        recalled = operations.recalled(session, [row.id for row in rows])
        documents = [
            {**as_document(row), "text": row.text, "recalled": row.id in recalled} for row in rows
        ]
    headers = ("ID", "STATUS", "WHEN", "SENT", "OF", "FAILED", "UNKNOWN", "TEXT")
    lines = (
        (
            doc["id"],
            show.status_of(doc),
            context.local(doc["starts_at"] or doc["created_at"]),
            *(doc[key] for key in ("sent", "recipients", "failed", "unknown", "text")),
        )
        for doc in documents
    )
    context.list_(documents, headers, lines, "No broadcast yet.")


@broadcast.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@click.option(
    "--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True
)
@common_options
@pass_context
def report(context: Context, broadcast_id: int, form: str) -> None:
    """Every recipient: chat, state, reason, attempts, message id, time. Written as it is read.

    \b
    Examples:
      appliance broadcast report 7 > report.csv
      appliance broadcast report 7 --format json
    """
    from appliance.crud import deliveries
    from appliance.crud.broadcasts import broadcasts
    from appliance.services import spreadsheet
    from appliance.services.broadcasts import REPORT_COLUMNS, report_line

    with context.database.reading() as session:
        broadcasts.get(session, broadcast_id)
        lines = (report_line(row) for row in deliveries.iterate(session, broadcast_id))
        if form == "json" or context.json:
            write_json_array(lines)
        else:
            with streams.writing_csv() as stream:
                writer = csv.writer(stream, lineterminator="\n")
                writer.writerow(REPORT_COLUMNS)
                writer.writerows(spreadsheet.cells(line).values() for line in lines)
