"""Being blocked and unblocked, added and removed; groups that change their id."""

from datetime import datetime

from sqlalchemy.orm import Session
from telebot.types import ChatMemberUpdated, Message

from appliance.bot.context import Site
from appliance.bot.handlers.approve import tell_admins
from appliance.bot.people import remember
from appliance.bot.router import Router
from appliance.crud.chats import chats, supergroups
from appliance.models import Chat, ChatStatus, ChatType
from appliance.services.inbox import operators_group

_PRESENT = {"member", "administrator", "creator", "restricted"}


def register(router: Router) -> None:
    router.arrival = arrival
    router.membership = membership
    router.migration = migration


def membership(session: Session, site: Site, update: ChatMemberUpdated, now: datetime) -> None:
    """The bot was added to a chat, removed or blocked. About a new group admins have to decide."""
    private = update.chat.type == ChatType.PRIVATE
    absent = ChatStatus.BLOCKED if private else ChatStatus.LEFT
    before = chats.get(session, update.chat.id)
    was_there = before is not None and before.status == ChatStatus.ACTIVE
    chat = remember(session, update.chat, update.from_user if private else None, now)
    present = _is_present(update)
    if present and not (private or was_there):
        arrival(session, site, chat, now)
        return
    chats.set_status(session, chat.id, ChatStatus.ACTIVE if present else absent, now)
    if not present:
        operators_group.lose_group(session, chat.id, now)


def arrival(session: Session, site: Site, chat: Chat, now: datetime) -> None:
    """The bot is in a group or channel where it is new, or which it was recorded as having left.

    It was added; or a message came from there, and the record was wrong: a refused call or a lost
    update had caused it. Admins are asked unless the chat is approved.
    """
    chats.set_status(session, chat.id, ChatStatus.ACTIVE, now)
    operators_group.lose_group(session, chat.id, now)
    if not chat.approved:
        tell_admins(session, site, chat, now)


def _is_present(update: ChatMemberUpdated) -> bool:
    member = update.new_chat_member
    if member.status == "restricted":  # the status of members and of those who left, too
        return bool(getattr(member, "is_member", True))
    return member.status in _PRESENT


def migration(session: Session, message: Message, now: datetime) -> None:
    """The group became a supergroup: Telegram announces that in the old one."""
    if message.migrate_to_chat_id is not None:
        supergroups.migrate(session, message.chat.id, message.migrate_to_chat_id, now)
