"""`appliance broadcast plan|pause|resume|cancel|retry|edit|recall`; the history records who."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from appliance.cli.broadcast import show
from appliance.cli.broadcast.draft_options import Draft, draft_options
from appliance.cli.broadcast.time_options import When, time_options
from appliance.cli.context import Context, actor, common_options, pass_context
from appliance.cli.process import streams

if TYPE_CHECKING:
    from appliance.models import Broadcast
    from appliance.services.broadcasts.changes import Verb


@click.command()
@draft_options
@time_options
@common_options
@pass_context
def plan(context: Context, draft: Draft, when: When) -> None:
    """A dry run of `send`: nothing is queued.

    How many get it, how long it takes at this bot's rate, what it costs if it is paid for, and
    who came and went since the last broadcast to the same audience.

    \b
    Example:
      appliance broadcast plan "Training is at six" --to role:member
    """
    from appliance.services.broadcasts import dry_run

    when.check(key=None, wait=False)
    new = when.applied(context, draft.build(context))
    with context.database.reading() as session:
        plan = dry_run.make(session, context.settings, new)
    text = f"{plan.count} chats, about {plan.seconds:.0f} s at {plan.rate:g}/s"
    if plan.stars:
        text += f", {plan.stars:g} Stars"
    if plan.last_id is not None:
        text += f"\nSince broadcast {plan.last_id}: {plan.joined} joined, {plan.left} left"
    context.emit(plan.as_document(), text)


_OPERATION = click.option(
    "--operation", type=int, metavar="N", help="Only this edit or recall (see `show --json`)."
)


@click.command("clear-pause")
@common_options
@pass_context
def clear_pause(context: Context) -> None:
    """Send again at once, although Telegram asked for silence.

    For a pause that is known to be wrong: a proxy's 429, or another bot's. Telegram's own grow to
    hours for who goes on; `appliance status` shows them.

    \b
    Example:
      appliance broadcast clear-pause
    """
    from appliance.crud import settings
    from appliance.models import utcnow

    with context.database.writing() as session:
        settings.clear_pauses(session, utcnow())
    context.report({"cleared": True}, "No pause is kept any more.")


@click.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@_OPERATION
@common_options
@pass_context
def pause(context: Context, broadcast_id: int, operation: int | None) -> None:
    """Stop sending, editing or recalling for now; effective within a second.

    \b
    Example:
      appliance broadcast pause 7
    """
    from appliance.services.broadcasts import changes

    if operation is not None:
        return _decide_operation(context, broadcast_id, operation, "pause")
    return _report(context, changes.pause(context.database.writing, broadcast_id, actor()))


@click.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@_OPERATION
@common_options
@pass_context
def resume(context: Context, broadcast_id: int, operation: int | None) -> None:
    """Go on with a broadcast that was paused or halted, or with its edit or recall.

    \b
    Example:
      appliance broadcast resume 7
    """
    from appliance.services.broadcasts import changes

    if operation is not None:
        return _decide_operation(context, broadcast_id, operation, "resume")
    return _report(context, changes.resume(context.database.writing, broadcast_id, actor()))


@click.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@_OPERATION
@common_options
@pass_context
def cancel(context: Context, broadcast_id: int, operation: int | None) -> None:
    """Stop for good; who has not got it yet is skipped.

    With --operation only that edit or recall is ended; what it changed already stays so.

    \b
    Example:
      appliance broadcast cancel 7
    """
    from appliance.services.broadcasts import changes

    if operation is not None:
        _decide_operation(context, broadcast_id, operation, "cancel")
        return
    changes.cancel(context.database.writing, broadcast_id, actor())
    show.report(context, broadcast_id)


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

    Without either: what was cancelled because it could not begin in time. Never done by itself;
    recorded with who and when.

    \b
    Examples:
      appliance broadcast retry 7 --failed
      appliance broadcast retry 7 --unknown
      appliance broadcast retry 7
    """
    from appliance.services.broadcasts import as_document, changes

    if which is None and not _was_missed(context, broadcast_id):
        raise click.UsageError("choose --failed or --unknown")
    which = which or changes.MISSED
    changed, count = changes.retry(context.database.writing, broadcast_id, which, actor())
    document = as_document(changed)
    if which == changes.MISSED:
        context.report(document, f"Broadcast {broadcast_id} is {changed.status} again.")
        return
    context.report(document, f"{count} recipients of broadcast {broadcast_id} wait again.")


def _was_missed(context: Context, broadcast_id: int) -> bool:
    from appliance.crud.broadcasts import broadcasts
    from appliance.services.broadcasts import changes

    with context.database.reading() as session:
        return changes.was_missed(session, broadcasts.get(session, broadcast_id))


@click.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@click.argument("text", required=False)
@click.option("--html", is_flag=True, help="The texts have Telegram's HTML tags.")
@click.option(
    "--variant",
    multiple=True,
    metavar="LANG=TEXT",
    help="The text for a language; @FILE reads it. Those named replace all it had.",
)
@click.option("--no-variants", is_flag=True, help="One text for everybody from now on.")
@common_options
@pass_context
def edit(
    context: Context,
    broadcast_id: int,
    text: str | None,
    html: bool,
    variant: tuple[str, ...],
    no_variants: bool,
) -> None:
    """Change what is pending and what was delivered; '-' or no TEXT reads standard input.

    Delivered messages are edited one by one at the usual pace. `broadcast show ID` follows it.
    Texts for languages stay as they are unless --variant or --no-variants says otherwise.

    \b
    Examples:
      appliance broadcast edit 7 "Training is at seven, not six"
      appliance broadcast edit 7 "At seven" --variant ru="В семь"
    """
    from appliance.cli.broadcast.content_options import variants_of
    from appliance.cli.input import read_text
    from appliance.services.broadcasts import changes

    if variant and no_variants:
        raise click.UsageError("--variant and --no-variants contradict each other")
    content, chosen = read_text(text), variants_of(variant)
    changed, operation = changes.edit(
        context.database.writing,
        broadcast_id,
        actor(),
        text=content,
        format="html" if html else "plain",
        variants=chosen if variant or no_variants else None,
    )
    document = _document(changed, [operation] if operation else [])
    unchanged = ", ".join(sorted(changed.variants)) if not variant else ""
    if unchanged:
        context.remark(f"The texts for {unchanged} stay as they were: --variant or --no-variants.")
    count = operation.total if operation else 0
    messages = "1 message" if count == 1 else f"{count} messages"
    context.report(document, f"Broadcast {broadcast_id} is changed; {messages} will be edited.")


@click.command()
@click.argument("broadcast_id", type=int, metavar="ID")
@click.option("--dry-run", is_flag=True, help="Only say what can still be recalled.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@pass_context
def recall(context: Context, broadcast_id: int, dry_run: bool, yes: bool) -> None:
    """Stop it and delete what was delivered, as far as Telegram allows: within 48 hours.

    Those whose outcome is unknown may have it, and cannot be reached.

    \b
    Examples:
      appliance broadcast recall 7 --dry-run
      appliance broadcast recall 7 --yes
    """
    from appliance.services.broadcasts import changes

    with context.database.reading() as session:
        reach = changes.recallable(session, broadcast_id)
    facts = f"{reach.delivered} were delivered, {reach.too_old} of them are too old to be deleted."
    if reach.unknown:
        facts += f" {reach.unknown} may have it and cannot be recalled."
    if dry_run:
        return context.emit(asdict(reach), facts)
    if context.interactive and not yes:
        streams.ask(f"{facts} Recall broadcast {broadcast_id}?")
    changed, operation = changes.recall(context.database.writing, broadcast_id, actor())
    document = _document(changed, [operation] if operation else [])
    done = "is being recalled" if operation else "is stopped"
    return context.report(document, f"Broadcast {broadcast_id} {done}. {facts}")


def _report(context: Context, broadcast: "Broadcast") -> None:
    from appliance.services.broadcasts import as_document

    context.report(as_document(broadcast), f"Broadcast {broadcast.id} is {broadcast.status}.")


def _decide_operation(context: Context, broadcast_id: int, number: int, verb: "Verb") -> None:
    from appliance.services.broadcasts import changes, operation_document

    with context.database.writing() as session:
        changed = changes.decide_operation(session, broadcast_id, number, verb, actor())
        document = operation_document(changed)
    context.report(document, show.operation_line(document))


def _document(broadcast: Any, operations: list[Any]) -> dict[str, Any]:
    from appliance.services.broadcasts import as_document, operation_document

    documents = [operation_document(operation) for operation in operations]
    return {**as_document(broadcast), "operations": documents}
