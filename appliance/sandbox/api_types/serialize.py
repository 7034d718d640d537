"""Chats, users, members and messages in the Bot API's shapes."""

from typing import Any

from appliance.sandbox.world.model import (
    ADMINISTRATOR,
    CHANNEL,
    CREATOR,
    KICKED,
    Chat,
    ChatMessage,
    Group,
    Person,
)
from appliance.sandbox.world.world import World

_GENERAL_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)
_CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages")
_GROUP_RIGHTS = ("can_pin_messages", "can_manage_topics")
RIGHTS = (*_GENERAL_RIGHTS, *_CHANNEL_RIGHTS, *_GROUP_RIGHTS)


def user_document(person: Person) -> dict[str, Any]:
    document = {"id": person.id, "is_bot": False, "first_name": person.first_name}
    return {**document, **_names(person), "language_code": person.language_code}


def somebody(world: World, user: int) -> dict[str, Any]:
    """The bot or a person as a User."""
    return world.bot() if user == world.bot_id else user_document(world.state.people[user])


def chat_document(chat: Chat) -> dict[str, Any]:
    if isinstance(chat, Person):
        document = {"id": chat.id, "first_name": chat.first_name}
        return {**document, **_names(chat), "type": "private"}
    document = {"id": chat.id, "title": chat.title}
    if chat.username:
        document["username"] = chat.username
    document["type"] = chat.type
    return {**document, "is_forum": True} if chat.is_forum else document


def _names(person: Person) -> dict[str, Any]:
    names = {"last_name": person.last_name, "username": person.username}
    return {name: value for name, value in names.items() if value}


def member_document(world: World, group: Group, user: int) -> dict[str, Any]:
    """A ChatMember of the kind that the status says."""
    member = group.members.get(user)
    status = group.status_of(user)
    document: dict[str, Any] = {"user": somebody(world, user), "status": status}
    if status == CREATOR:
        return {**document, "is_anonymous": False}
    if status == KICKED:
        return {**document, "until_date": 0}
    if member and status == ADMINISTRATOR:
        return {**document, "can_be_edited": False, **rights_document(group, member.rights)}
    return document


def private_member(world: World, user: int, status: str) -> dict[str, Any]:
    """A ChatMember of a private chat: the bot or the person."""
    document: dict[str, Any] = {"user": somebody(world, user), "status": status}
    return {**document, "until_date": 0} if status == KICKED else document


def rights_document(group: Group, rights: list[str]) -> dict[str, bool]:
    return {"is_anonymous": False, **{name: name in rights for name in all_rights(group)}}


def all_rights(group: Group) -> list[str]:
    """What an administrator may have here."""
    special = _CHANNEL_RIGHTS if group.type == CHANNEL else _GROUP_RIGHTS
    return [*_GENERAL_RIGHTS, *special]


def message_document(world: World, chat: Chat, message: ChatMessage) -> dict[str, Any]:
    """The Bot API's Message. Only inline keyboards come back, as in Telegram."""
    document: dict[str, Any] = {
        "message_id": message.message_id,
        **_author(world, chat, message),
        "chat": chat_document(chat),
        "date": message.date,
    }
    if message.thread is not None:
        document["message_thread_id"] = message.thread
        document["is_topic_message"] = True
    if message.edit_date:
        document["edit_date"] = message.edit_date
    prefix = ""
    if message.media:
        document.update(message.media)
        prefix = "caption_"
    if message.text:
        document["caption" if message.media else "text"] = message.text
    if message.entities:
        document[f"{prefix}entities"] = message.entities
    if message.extra:
        document.update(message.extra)
    if message.reply_markup and "inline_keyboard" in message.reply_markup:
        document["reply_markup"] = message.reply_markup
    return document


def _author(world: World, chat: Chat, message: ChatMessage) -> dict[str, Any]:
    if isinstance(chat, Group) and chat.type == CHANNEL:
        return {"sender_chat": chat_document(chat)}
    if message.from_bot:
        return {"from": world.bot()}
    if isinstance(chat, Person):
        return {"from": user_document(chat)}
    return {"from": somebody(world, message.author or world.bot_id)}


def without_reply(document: dict[str, Any]) -> dict[str, Any]:
    """As it stands inside another message: Telegram nests one reply, never a chain of them."""
    return {name: value for name, value in document.items() if name != "reply_to_message"}
