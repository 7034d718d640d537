"""Whom a call addresses, and what the bot may do there."""

import re
from typing import Any

from appliance.sandbox.protocol.errors import ApiError, bad_request, forbidden
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.model import (
    CHANNEL,
    GROUP,
    KICKED,
    Chat,
    ChatMessage,
    Group,
    Person,
    Topic,
)
from appliance.sandbox.world.world import World

_MOST_MESSAGES = 100
_MESSAGE_ID = re.compile(r"-?\d{1,10}", re.ASCII)


def chat_of(world: World, parameters: Parameters, name: str = "chat_id") -> Chat:
    """Which chat the parameter names. Raises ApiError."""
    value = parameters.text(name).strip()
    if not value:
        raise bad_request("Chat_id is empty")
    chat = None
    if value.startswith("@"):
        chat = world.state.chat_by_name(value[1:])
    elif (number := parameters.number(name)) is not None:
        chat = world.state.chat(number)
    if chat is None or (isinstance(chat, Group) and not _is_known(world, chat)):
        raise bad_request("Chat not found")
    if isinstance(chat, Group) and chat.migrated_to:
        raise ApiError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            {"migrate_to_chat_id": chat.migrated_to},
        )
    return chat


def person_of(world: World, parameters: Parameters, name: str = "user_id") -> Person:
    """Whom the parameter names. Raises ApiError."""
    user_id = parameters.integer(name)
    if user_id <= 0:
        raise bad_request(f"Invalid {name} specified")
    person = world.state.people.get(user_id)
    if person is None:
        raise bad_request("User not found")
    return person


def seen_chat(world: World, parameters: Parameters) -> Chat:
    """Which chat `chat_id` names, if the bot sees what is in it. Raises ApiError."""
    chat = chat_of(world, parameters)
    if isinstance(chat, Group) and not chat.is_present(world.bot_id):
        raise _outside(chat, chat.status_of(world.bot_id))
    return chat


def group_of(world: World, parameters: Parameters, refusal: str) -> Group:
    """Which group or channel `chat_id` names. Raises ApiError, for a private chat the `refusal`."""
    chat = seen_chat(world, parameters)
    if isinstance(chat, Person):
        raise bad_request(refusal)
    return chat


def reachable_chat(world: World, parameters: Parameters) -> Chat:
    """Which chat `chat_id` names, if the bot may write there. Raises ApiError."""
    chat = seen_chat(world, parameters)
    if isinstance(chat, Group):
        if chat.type == CHANNEL and not chat.allows(world.bot_id, "can_post_messages"):
            raise bad_request("Need administrator rights in the channel chat")
        return chat
    if chat.deactivated:
        raise forbidden("User is deactivated")
    if chat.blocked:
        raise forbidden("Bot was blocked by the user")
    if not chat.started:
        raise forbidden("Bot can't initiate conversation with a user")
    return chat


def check_right(world: World, chat: Chat, right: str, refusal: str) -> None:
    """Raises ApiError with the `refusal` where the bot lacks an administrator's right.

    Private chats need no rights, and in small groups everybody pins.
    """
    if isinstance(chat, Person):
        return
    if chat.type == GROUP and right == "can_pin_messages":
        return
    if not chat.allows(world.bot_id, right):
        raise bad_request(refusal)


def topic_of(world: World, chat: Chat, parameters: Parameters) -> Topic | None:
    """The open topic that `message_thread_id` names; None for none. Raises ApiError."""
    thread = parameters.integer("message_thread_id")
    if not thread or isinstance(chat, Person):
        return None
    # The first topic, General, is written to without a thread: Telegram refuses its number.
    topic = chat.topics.get(thread)
    if topic is None or topic.deleted:
        raise bad_request("Message thread not found")
    if topic.closed and not chat.allows(world.bot_id, "can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")
    return topic


def message_of(chat: Chat, parameters: Parameters, purpose: str) -> ChatMessage:
    """Which message `message_id` names.

    Raises ApiError, which names the `purpose`: "message to edit not found".
    """
    message_id = parameters.integer("message_id")
    if message_id <= 0:
        raise bad_request("Message identifier is not specified")
    message = chat.messages.get(message_id)
    if message is None or message.deleted:
        raise bad_request(f"Message to {purpose} not found")
    return message


def message_ids_of(parameters: Parameters) -> list[int]:
    """`message_ids`: up to 100, in the order given. Raises ApiError."""
    listed = parameters.json("message_ids", "Can't parse message_ids JSON object")
    if listed is None:
        raise bad_request("Message identifiers are not specified")
    if not isinstance(listed, list):
        raise bad_request("Expected an Array of message identifiers")
    if len(listed) > _MOST_MESSAGES:
        raise bad_request("Too many message identifiers specified")
    ids = [_message_id(item) for item in listed]
    if not ids:
        raise bad_request("Message identifiers are not specified")
    return ids


def _message_id(item: Any) -> int:
    if not isinstance(item, int | float | str) or isinstance(item, bool):
        raise bad_request("Message identifier must be a Number")
    if not _MESSAGE_ID.fullmatch(str(item)):
        raise bad_request("Can't parse message identifier as a Number")
    if int(item) <= 0:
        raise bad_request("Invalid message identifier specified")
    return int(item)


def replied_message(chat: Chat, parameters: Parameters) -> ChatMessage | None:
    """The message that `reply_parameters` (or the older parameter) names. Raises ApiError."""
    reply: Any = parameters.json("reply_parameters", "Can't parse reply parameters JSON object")
    if reply is not None and not isinstance(reply, dict):
        raise bad_request("Object expected as reply parameters")
    message_id = reply.get("message_id") if reply else parameters.integer("reply_to_message_id")
    if not message_id:
        return None
    message = chat.messages.get(int(message_id)) if str(message_id).isdigit() else None
    if message and not message.deleted:
        return message
    lenient = reply.get("allow_sending_without_reply") if reply else False
    if lenient or parameters.flag("allow_sending_without_reply"):
        return None
    raise bad_request("Message to be replied not found")


def _is_known(world: World, group: Group) -> bool:
    """A chat the bot never was in can be named only if it is public."""
    return world.bot_id in group.members or group.username is not None


def _outside(group: Group, status: str) -> ApiError:
    reason = "Bot was kicked from" if status == KICKED else "Bot is not a member of"
    return forbidden(f"{reason} the {group.type} chat")
