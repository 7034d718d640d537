"""The calls that change what is in a chat: edit and delete."""

from typing import Any

from appliance.sandbox.api_types.keyboards import inline_markup_of
from appliance.sandbox.api_types.serialize import message_document
from appliance.sandbox.api_types.targets import message_ids_of, message_of, seen_chat
from appliance.sandbox.api_types.text import Content, caption_of, text_of
from appliance.sandbox.methods.sending import preview_of
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.model import CHANNEL, Chat, ChatMessage, Group, Person
from appliance.sandbox.world.state import now
from appliance.sandbox.world.world import World

_DELETABLE_SECONDS = 48 * 3600  # Telegram deletes nothing older
_NOT_MODIFIED = (
    "Message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)


def edit_message_text(world: World, parameters: Parameters) -> dict[str, Any]:
    content = text_of(parameters)
    markup = inline_markup_of(parameters)
    chat = seen_chat(world, parameters)
    message = editable(world, chat, parameters)
    if message.media:
        raise bad_request("There is no text in the message to edit")
    return change(world, chat, message, content, markup, preview_of(parameters))


def edit_message_caption(world: World, parameters: Parameters) -> dict[str, Any]:
    content = caption_of(parameters)
    markup = inline_markup_of(parameters)
    chat = seen_chat(world, parameters)
    message = editable(world, chat, parameters)
    if not message.media:
        raise bad_request("There is no caption in the message to edit")
    return change(world, chat, message, content, markup, {})


def edit_message_reply_markup(world: World, parameters: Parameters) -> dict[str, Any]:
    markup = inline_markup_of(parameters)
    chat = seen_chat(world, parameters)
    message = editable(world, chat, parameters)
    content = Content(message.text, message.entities)
    return change(world, chat, message, content, markup, {})


def delete_message(world: World, parameters: Parameters) -> bool:
    chat = seen_chat(world, parameters)
    message = message_of(chat, parameters, "delete")
    if not _may_delete(world, chat, message):
        raise bad_request("Message can't be deleted")
    if now() - message.date > _DELETABLE_SECONDS:
        raise bad_request("Message can't be deleted for everyone")
    world.state.commit("delete", chat_id=chat.id, message_id=message.message_id)
    return True


def delete_messages(world: World, parameters: Parameters) -> bool:
    """Ids that name no message are skipped, as by Telegram."""
    chat = seen_chat(world, parameters)
    ids = message_ids_of(parameters)
    for message_id in ids:
        message = chat.messages.get(message_id)
        if message is None or message.deleted or now() - message.date > _DELETABLE_SECONDS:
            continue
        if _may_delete(world, chat, message):
            world.state.commit("delete", chat_id=chat.id, message_id=message_id)
    return True


def editable(world: World, chat: Chat, parameters: Parameters) -> ChatMessage:
    """The bot's own message that `message_id` names, or a post of its channel. Raises ApiError."""
    message = message_of(chat, parameters, "edit")
    leads = (
        isinstance(chat, Group)
        and chat.type == CHANNEL
        and chat.allows(world.bot_id, "can_edit_messages")
    )
    if message.is_service or not (message.from_bot or leads):
        raise bad_request("Message can't be edited")
    return message


def change(
    world: World,
    chat: Chat,
    message: ChatMessage,
    content: Content,
    markup: dict[str, Any] | None,
    extra: dict[str, Any],
    media: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Edit a message and return it. Without `markup` its keyboard is taken away, as by Telegram."""
    media = media or message.media
    same = (content.text, content.entities) == (message.text, message.entities)
    if same and markup == message.reply_markup and media == message.media:
        raise bad_request(_NOT_MODIFIED)
    changes = {
        "text": content.text,
        "entities": content.entities,
        "reply_markup": markup,
        "media": media,
        "extra": {**(message.extra or {}), **extra} or None,
        "edit_date": now(),
    }
    edited = world.state.commit(
        "edit", chat_id=chat.id, message_id=message.message_id, changes=changes
    )
    return message_document(world, chat, edited)


def _may_delete(world: World, chat: Chat, message: ChatMessage) -> bool:
    """Everything in a private chat; in others its own, and what its rights allow."""
    if isinstance(chat, Person) or message.from_bot:
        return True
    return chat.allows(world.bot_id, "can_delete_messages")
