"""Being blocked and unblocked, added and removed; groups that change their id."""

from datetime import datetime

from sqlalchemy.orm import Session
from telebot.types import ChatMemberUpdated, Message

from appliance.bot.people import remember
from appliance.bot.router import Router
from appliance.crud import chats
from appliance.models import ChatStatus, ChatType

_PRESENT = {"member", "administrator", "creator", "restricted"}


def register(router: Router) -> None:
    router.membership = membership
    router.migration = migration


def membership(session: Session, update: ChatMemberUpdated, now: datetime) -> None:
    """The bot's own place in a chat changed."""
    private = update.chat.type == ChatType.PRIVATE
    absent = ChatStatus.BLOCKED if private else ChatStatus.LEFT
    present = update.new_chat_member.status in _PRESENT
    chat = remember(session, update.chat, update.from_user if private else None, now)
    chats.set_status(session, chat.id, ChatStatus.ACTIVE if present else absent, now)


def migration(session: Session, message: Message, now: datetime) -> None:
    """The group became a supergroup: Telegram says so in the old one."""
    if message.migrate_to_chat_id is not None:
        chats.migrate(session, message.chat.id, message.migrate_to_chat_id, now)
