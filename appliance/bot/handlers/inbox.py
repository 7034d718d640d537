"""Messages that are no command: stored, shown to the operators, and acknowledged."""

from datetime import timedelta

from telebot.types import Message

from appliance.bot.context import Context
from appliance.bot.people import kept_text, parse_command
from appliance.bot.router import Router
from appliance.crud.messages import messages
from appliance.models import Direction
from appliance.services import inbound
from appliance.services.inbox import auto_reply
from appliance.services.inbox.incoming import Kept
from appliance.services.inbox.message_parser import storable

THANKS_INTERVAL = timedelta(hours=1)
"""An acknowledgement is sent once in this time: nobody wants an answer to each of ten lines."""


def register(router: Router) -> None:
    router.text = hear
    router.edited = hear_edited


def hear(context: Context, message: Message) -> None:
    stored = keep(context, message)
    _tell_of_codes(context, stored)
    if stored.new:
        _acknowledge(context)


def keep(context: Context, message: Message) -> Kept:
    """Store a message and show it to the operators."""
    return inbound.receive(context.session, context.chat, message, context.site.url, context.now)


def hear_edited(context: Context, message: Message) -> None:
    """Store an edit. An edited command is neither executed nor stored; a message that becomes a
    command is stored as an edit of the message.
    """
    command, text = parse_command(message.text), None
    if command is not None:
        if not _was_message(context, message):
            return
        text = kept_text(command, storable(message.text or ""))
    stored = inbound.receive(
        context.session,
        context.chat,
        message,
        context.site.url,
        context.now,
        edited=True,
        text=text,
    )
    _tell_of_codes(context, stored)


def _was_message(context: Context, message: Message) -> bool:
    stored = messages.find_by_telegram_id(context.session, context.chat.id, message.message_id)
    if stored is None or stored.direction != Direction.IN:
        return False
    # An edited one was a message at first, whatever its text begins with now.
    return bool(stored.edits) or parse_command(stored.text) is None


def _tell_of_codes(context: Context, stored: Kept) -> None:
    if stored.codes_ended:
        context.reply(context.phrase("code_ended"))


def _acknowledge(context: Context) -> None:
    """Say that it arrived; outside opening hours, what the organisation says then."""
    closed = auto_reply.current(
        context.session, context.language, context.site.timezone, context.now
    )
    reply = closed or auto_reply.AutoReply(context.phrase("thanks"), THANKS_INTERVAL)
    if not context.said_since(reply.html, context.now - reply.once_in):
        context.reply(reply.html)
