"""`appliance broadcast retry|edit|recall|plan`: decisions about a broadcast, before and after."""

import getpass
from typing import Any

import click

from appliance.cli.context import Context, common_options, pass_context


def actor() -> str:
    """Who decides, for the record: the login name at this shell."""
    return f"cli:{getpass.getuser()}"


@click.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@click.option("--failed", "which", flag_value="failed", help="Those who failed.")
@click.option(
    "--unknown",
    "which",
    flag_value="unknown",
    help="Those whose outcome is unknown. Some may get it twice.",
)
@common_options
@pass_context
def retry(context: Context, broadcast_id: int, which: str | None) -> None:
    """Send again to those who failed, or whose outcome is unknown.

    Never done by itself; recorded with who and when.

    \b
    Examples:
      appliance broadcast retry 7 --failed
      appliance broadcast retry 7 --unknown
    """
    from appliance.services import control
    from appliance.services.broadcasts import as_document

    if which is None:
        raise click.UsageError("choose --failed or --unknown")
    with context.database.writing() as session:
        changed, count = control.retry(session, broadcast_id, which, actor())
        document = as_document(changed)
    context.emit(document, f"{count} recipients of broadcast {broadcast_id} wait again.")


@click.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@click.argument("text", required=False)
@click.option("--html", is_flag=True, help="The text has Telegram's HTML tags.")
@common_options
@pass_context
def edit(context: Context, broadcast_id: int, text: str | None, html: bool) -> None:
    """Change what is pending and what was delivered; '-' or no TEXT reads standard input.

    Delivered messages are edited one by one at the usual pace. `broadcast show ID` follows it.

    \b
    Example:
      appliance broadcast edit 7 "Training is at seven, not six"
    """
    from appliance.cli.sending import read_text
    from appliance.services import control

    with context.database.writing() as session:
        changed, operation = control.edit(
            session,
            broadcast_id,
            actor(),
            text=read_text(text),
            format="html" if html else "plain",
        )
        document = _document(changed, [operation] if operation else [])
    count = operation.total if operation else 0
    context.emit(document, f"Broadcast {broadcast_id} is changed; {count} messages are edited.")


@click.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@click.option("--dry-run", is_flag=True, help="Only say what can still be recalled.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@pass_context
def recall(context: Context, broadcast_id: int, dry_run: bool, yes: bool) -> None:
    """Stop it and delete what was delivered, as far as Telegram allows: within 48 hours.

    \b
    Examples:
      appliance broadcast recall 7 --dry-run
      appliance broadcast recall 7 --yes
    """
    from appliance.models import utcnow
    from appliance.services import control
    from appliance.services.broadcasts import sweep_cancelled

    with context.database.reading() as session:
        reach = control.recallable(session, broadcast_id)
    told = f"{reach.delivered} were delivered, {reach.too_old} of them are too old to be deleted."
    if dry_run:
        document = {"delivered": reach.delivered, "too_old": reach.too_old}
        return context.emit(document, told)
    if context.interactive and not yes:
        click.confirm(f"{told} Recall broadcast {broadcast_id}?", abort=True, err=True)
    with context.database.writing() as session:
        changed, operation = control.recall(session, broadcast_id, actor())
        document = _document(changed, [operation])
    sweep_cancelled(context.database.writing, broadcast_id, utcnow())
    return context.emit(document, f"Broadcast {broadcast_id} is being recalled. {told}")


def _document(broadcast: Any, operations: list[Any]) -> dict[str, Any]:
    from appliance.services import control
    from appliance.services.broadcasts import as_document

    shown = [control.as_document(operation) for operation in operations]
    return {**as_document(broadcast), "operations": shown}
