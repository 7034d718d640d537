"""What people write that is no command: kept, shown to the operators, and thanked for."""

from dataclasses import replace
from datetime import timedelta

from telebot.types import Message

from appliance.bot.context import Context
from appliance.bot.people import kept_text, parse_command
from appliance.bot.router import Router
from appliance.crud.messages import messages
from appliance.models import Direction
from appliance.services import telegram_auth
from appliance.services.inbox import auto_reply, group_copies, incoming
from appliance.services.inbox.message_parser import read

QUIET = timedelta(hours=1)
"""Thanks are said once in this time: nobody wants an answer to each of ten lines."""


def register(router: Router) -> None:
    router.text = hear
    router.edited = hear_edited


def hear(context: Context, message: Message) -> None:
    if keep(context, message):
        _acknowledge(context)


def keep(context: Context, message: Message) -> bool:
    """Into the thread and to the operators; False: a part of what is there already."""
    got = read(message)
    telegram_auth.invalidate_codes_in(context.session, got.text, context.now)
    kept = incoming.take(context.session, context.chat.id, got, context.now)
    if kept.changed:
        group_copies.copy(
            context.session, context.chat, got, context.site.url, context.now, edited=False
        )
    return kept.new


def hear_edited(context: Context, message: Message) -> None:
    """A new version. A command that is edited is neither obeyed nor kept; a letter that becomes
    one is an edit of the letter.
    """
    got, command = read(message), parse_command(message.text)
    if command is not None:
        if not _was_letter(context, message):
            return
        got = replace(got, text=kept_text(command, got.text))
    telegram_auth.invalidate_codes_in(context.session, got.text, context.now)
    kept = incoming.edit(context.session, context.chat.id, got, context.now)
    if kept.changed and got.kind != "location":  # a live one moves every few seconds
        group_copies.copy(
            context.session, context.chat, got, context.site.url, context.now, edited=not kept.new
        )


def _was_letter(context: Context, message: Message) -> bool:
    known = messages.find_by_telegram_id(context.session, context.chat.id, message.message_id)
    if known is None or known.direction != Direction.IN:
        return False
    return bool(known.edits) or parse_command(known.text) is None


def _acknowledge(context: Context) -> None:
    """That it arrived; outside opening hours what the organisation says then."""
    closed = auto_reply.words(context.session, context.language, context.site.timezone, context.now)
    words = closed or auto_reply.Words(context.phrase("thanks"), QUIET)
    if not context.said_since(words.html, context.now - words.once_in):
        context.reply(words.html)
