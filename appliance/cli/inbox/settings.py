"""`appliance inbox group|hours`: how the inbox is set up."""

from dataclasses import asdict, replace
from typing import Any

import click

from appliance.cli.context import Context, common_options, pass_context
from appliance.cli.options import IDS, Command
from appliance.languages import LANGUAGES


@click.command(context_settings=IDS)
@click.argument("chat_id", type=int, required=False)
@click.option("--topics/--no-topics", default=None, help="A topic for each person, or none.")
@click.option("--off", is_flag=True, help="No group any more.")
@common_options
@pass_context
def group(context: Context, chat_id: int | None, topics: bool | None, off: bool) -> None:
    """The operators' group: what people write goes there, replies to it go back. Without CHAT_ID:
    which one it is.

    The bot must be in it. An admin can also send /operators in the group itself.

    \b
    Examples:
      appliance inbox group -1001234567890
      appliance inbox group -1001234567890 --topics
      appliance inbox group --off
    """
    from appliance.services.inbox import operators_group

    if off and chat_id is not None:
        raise click.UsageError("expected a CHAT_ID or --off, not both")
    with context.database.writing() as session:
        chosen = operators_group.chosen_group(session)
        if off:
            chosen = None
        elif chat_id is not None and (chosen is None or chosen.chat_id != chat_id):
            chosen = operators_group.Group(chat_id, language=context.settings.default_language)
        if chosen is not None and topics is not None:
            chosen = replace(chosen, topics=topics, topics_off=not topics)
        if off or chat_id is not None or topics is not None:
            operators_group.set_group(session, chosen)
    text = f"Group {chosen.chat_id}{', with topics' if chosen.topics else ''}." if chosen else ""
    show = context.report if off or chat_id is not None or topics is not None else context.emit
    show(asdict(chosen) if chosen else {"chat_id": None}, text or "No operators' group.")


def _reply_options(command: Command) -> Command:
    """`--reply-en TEXT`, and so on for every language."""
    for language in reversed(LANGUAGES):  # --help shows the last one added first
        help = f"What is said outside them to people who read {language}."
        command = click.option(f"--reply-{language}", metavar="TEXT", help=help)(command)
    return command


@click.command()
@click.argument("when", required=False)
@click.option("--always", is_flag=True, help="Somebody is there always: no automatic answer.")
@_reply_options
@common_options
@pass_context
def hours(context: Context, /, when: str | None, always: bool, **options: str | None) -> None:
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
        raise click.UsageError("expected WHEN or --always, not both")
    texts = {language: options[f"reply_{language}"] for language in LANGUAGES}
    replies = {language: text for language, text in texts.items() if text is not None}
    with context.database.writing() as session:
        chosen = settings.options(session)
        if when is not None or always or replies:
            chosen = replace(
                chosen,
                hours=None if always else when or chosen.hours,
                auto_reply={**chosen.auto_reply, **replies},
            )
            chosen = settings.set_options(session, chosen)
    document: dict[str, Any] = asdict(chosen)
    lines = [chosen.hours or "Always."]
    lines += [f"{language}: {text}" for language, text in chosen.auto_reply.items() if text]
    show = context.report if when is not None or always or replies else context.emit
    show(document, "\n".join(lines))
