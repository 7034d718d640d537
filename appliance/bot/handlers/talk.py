"""What people write that is no command: kept, shown to the operators, and thanked for."""

from datetime import timedelta

from telebot.types import Message

from appliance.bot.context import Context
from appliance.bot.people import parse_command
from appliance.bot.router import Router
from appliance.services.conversations import away, incoming, relay
from appliance.services.conversations.received import read

QUIET = timedelta(hours=1)
"""Thanks are said once in this time: nobody wants an answer to each of ten lines."""


def register(router: Router) -> None:
    router.text = hear
    router.edited = hear_edited


def hear(context: Context, message: Message) -> None:
    got = read(message)
    kept = incoming.take(context.session, context.chat.id, got, context.now)
    if kept.changed:
        relay.copy(context.session, context.chat, got, context.site.url, context.now, edited=False)
    if kept.new:
        _acknowledge(context)


def hear_edited(context: Context, message: Message) -> None:
    """A new version. An edited command is none: it is neither obeyed again nor kept."""
    if parse_command(message.text) is not None:
        return
    got = read(message)
    kept = incoming.edit(context.session, context.chat.id, got, context.now)
    if kept.changed and got.kind != "location":  # a live one moves every few seconds
        relay.copy(
            context.session, context.chat, got, context.site.url, context.now, edited=not kept.new
        )


def _acknowledge(context: Context) -> None:
    """That it arrived; outside opening hours what the organisation says then."""
    closed = away.words(context.session, context.language, context.site.timezone, context.now)
    words = closed or away.Words(context.say("thanks"), QUIET)
    if not context.said_since(words.html, context.now - words.once_in):
        context.reply(words.html)
