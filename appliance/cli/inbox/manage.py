"""`appliance inbox …`: what is done with a thread besides answering."""

import click

from appliance.cli.context import Context, common_options, pass_context

_CHAT = click.argument("chat_id", type=int)


@click.command()
@_CHAT
@click.argument("email", required=False)
@click.option("--nobody", is_flag=True, help="Take it from whoever has it.")
@common_options
@pass_context
def assign(context: Context, chat_id: int, email: str | None, nobody: bool) -> None:
    """Give a thread to an operator, by email address or id.

    \b
    Examples:
      appliance inbox assign 51234 olga@example.org
      appliance inbox assign 51234 --nobody
    """
    from appliance.crud.accounts import users
    from appliance.services.inbox import threads

    if (email is None) is not nobody:
        raise click.UsageError("expected an EMAIL or --nobody")
    with context.database.writing() as session:
        user = users.find(session, email) if email is not None else None
        threads.assign(session, chat_id, user.id if user else None)
        name = user.name if user else None
    context.report({"chat_id": chat_id, "assigned": name}, f"Thread {chat_id}: {name or 'nobody'}.")


@click.command()
@_CHAT
@click.argument("text")
@click.option("--as", "author", metavar="EMAIL", help="Whose note it is; default: nobody's.")
@common_options
@pass_context
def note(context: Context, chat_id: int, text: str, author: str | None) -> None:
    """Note something about a person, for operators only.

    \b
    Example:
      appliance inbox note 51234 "sings bass, pays in cash"
    """
    from appliance.crud.accounts import users
    from appliance.services.inbox import threads

    with context.database.writing() as session:
        author_id = users.find(session, author).id if author else None
        added = threads.add_note(session, chat_id, text, author_id)
    document = {"chat_id": chat_id, "id": added.id, "text": added.text}
    context.report(document, f"Note {added.id} is kept.")


@click.command()
@_CHAT
@click.argument("labels", nargs=-1)
@click.option("--clear", is_flag=True, help="Take all labels away.")
@common_options
@pass_context
def label(context: Context, chat_id: int, labels: tuple[str, ...], clear: bool) -> None:
    """Give a thread exactly these labels.

    \b
    Examples:
      appliance inbox label 51234 tickets "spring concert"
      appliance inbox label 51234 --clear
    """
    from appliance.services.inbox import threads

    if bool(labels) is clear:
        raise click.UsageError("expected LABELS or --clear")
    with context.database.writing() as session:
        stored = threads.set_labels(session, chat_id, labels)
    text = f"Thread {chat_id}: {', '.join(stored) or 'no label'}."
    context.report({"chat_id": chat_id, "labels": stored}, text)


@click.command()
@click.argument("chat_ids", type=int, nargs=-1, required=True, metavar="CHAT_ID…")
@click.option("--reopen", is_flag=True, help="Open again what is closed.")
@common_options
@pass_context
def close(context: Context, chat_ids: tuple[int, ...], reopen: bool) -> None:
    """Close threads: done with, until the person writes again.

    \b
    Examples:
      appliance inbox close 51234 51235
      appliance inbox close 51234 --reopen
    """
    from appliance.services.inbox import threads

    status = "open" if reopen else "closed"
    with context.database.writing() as session:
        for chat_id in chat_ids:
            threads.set_status(session, chat_id, status)
    documents = [{"chat_id": chat_id, "status": status} for chat_id in chat_ids]
    lines = [f"Thread {chat_id} is {status}." for chat_id in chat_ids]
    context.report(documents, "\n".join(lines))


@click.command()
@_CHAT
@click.option("--off", is_flag=True, help="Listen to the person again.")
@common_options
@pass_context
def ban(context: Context, chat_id: int, off: bool) -> None:
    """Ignore what a person writes. They still get broadcasts.

    \b
    Examples:
      appliance inbox ban 51234
      appliance inbox ban 51234 --off
    """
    from appliance.services.inbox import threads

    with context.database.writing() as session:
        threads.ban(session, chat_id, not off)
    result = "is heard again" if off else "is not heard any more"
    context.report({"chat_id": chat_id, "banned": not off}, f"Person {chat_id} {result}.")
