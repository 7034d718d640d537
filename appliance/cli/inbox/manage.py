"""`appliance inbox …`: what is done with a thread besides answering; how the inbox is set up."""

from dataclasses import asdict, replace
from typing import Any

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
        raise click.UsageError("it takes an EMAIL or --nobody")
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
        raise click.UsageError("it takes LABELS or --clear")
    with context.database.writing() as session:
        kept = threads.set_labels(session, chat_id, labels)
    text = f"Thread {chat_id}: {', '.join(kept) or 'no label'}."
    context.report({"chat_id": chat_id, "labels": kept}, text)


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
    """Pass over what a person writes; broadcasts still go there.

    \b
    Examples:
      appliance inbox ban 51234
      appliance inbox ban 51234 --off
    """
    from appliance.services.inbox import threads

    with context.database.writing() as session:
        threads.ban(session, chat_id, not off)
    told = "is heard again" if off else "is not heard any more"
    context.report({"chat_id": chat_id, "banned": not off}, f"Person {chat_id} {told}.")


@click.command()
@click.argument("chat_id", type=int, required=False)
@click.option("--topics/--no-topics", default=None, help="A topic for each person, or none.")
@click.option("--off", is_flag=True, help="No group any more.")
@common_options
@pass_context
def group(context: Context, chat_id: int | None, topics: bool | None, off: bool) -> None:
    """The operators' group: what people write goes there, replies to it go back. Without CHAT_ID:
    which one it is.

    The bot must be in it. An admin can also send /operators in the group itself. Ids of groups
    begin with a minus: put them after '--'.

    \b
    Examples:
      appliance inbox group -- -1001234567890
      appliance inbox group --topics -- -1001234567890
      appliance inbox group --off
    """
    from appliance.services.inbox import settings

    if off and chat_id is not None:
        raise click.UsageError("it takes a CHAT_ID or --off")
    with context.database.writing() as session:
        chosen = settings.chosen_group(session)
        if off:
            chosen = None
        elif chat_id is not None and (chosen is None or chosen.chat_id != chat_id):
            chosen = settings.Group(chat_id, language=context.settings.default_language)
        if chosen is not None and topics is not None:
            chosen = replace(chosen, topics=topics, topics_off=not topics)
        if off or chat_id is not None or topics is not None:
            settings.set_group(session, chosen)
    text = f"Group {chosen.chat_id}{', with topics' if chosen.topics else ''}." if chosen else ""
    context.emit(asdict(chosen) if chosen else {"chat_id": None}, text or "No operators' group.")


@click.command()
@click.argument("when", required=False)
@click.option("--always", is_flag=True, help="Somebody is there always: no automatic answer.")
@click.option("--reply-en", metavar="TEXT", help="What is said outside them, in English.")
@click.option("--reply-ru", metavar="TEXT", help="The same in Russian.")
@common_options
@pass_context
def hours(
    context: Context, when: str | None, always: bool, reply_en: str | None, reply_ru: str | None
) -> None:
    """Opening hours by the clock of TIMEZONE; without WHEN: which they are.

    Who writes outside them is told so, once in 8 hours. An empty text: the program's own words.

    \b
    Examples:
      appliance inbox hours "Mon-Fri 09:00-18:00, Sat 10:00-14:00"
      appliance inbox hours --reply-en "We are back on Monday." --reply-ru "Ответим в понедельник."
      appliance inbox hours --always
    """
    from appliance.services.inbox import settings

    if when is not None and always:
        raise click.UsageError("it takes WHEN or --always")
    given = {"en": reply_en, "ru": reply_ru}
    words = {language: text for language, text in given.items() if text is not None}
    with context.database.writing() as session:
        chosen = settings.options(session)
        if when is not None or always or words:
            chosen = replace(
                chosen,
                hours=None if always else when or chosen.hours,
                auto_reply={**chosen.auto_reply, **words},
            )
            chosen = settings.set_options(session, chosen)
    document: dict[str, Any] = asdict(chosen)
    lines = [chosen.hours or "Always."]
    lines += [f"{language}: {text}" for language, text in chosen.auto_reply.items() if text]
    context.emit(document, "\n".join(lines))
