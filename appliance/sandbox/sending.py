"""The calls that write to a chat: send, edit, delete, show an action."""

import time
from typing import Any

from appliance.sandbox.answers import bad_request
from appliance.sandbox.chats import message_of, person_of, reachable_person, replied_message
from appliance.sandbox.content import Content, caption_of, text_of
from appliance.sandbox.documents import message_document
from appliance.sandbox.files import document_of, photo_of, video_of
from appliance.sandbox.keyboards import inline_markup_of, markup_of
from appliance.sandbox.parameters import Parameters
from appliance.sandbox.state import Message, Person, now
from appliance.sandbox.world import World

_DELETABLE_SECONDS = 48 * 3600
_MAX_DELETED = 100
_ACTIONS = frozenset(
    {
        "cancel",
        "typing",
        "choose_sticker",
        "find_location",
        *(f"record_{medium}" for medium in ("video", "voice", "audio", "video_note")),
        *(
            f"upload_{medium}"
            for medium in ("photo", "video", "voice", "audio", "document", "video_note")
        ),
    }
)
_NOT_MODIFIED = (
    "Message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)


def send_message(world: World, parameters: Parameters) -> dict[str, Any]:
    content = text_of(parameters)
    extra = _preview(parameters)
    return deliver(world, parameters, "sendMessage", content, extra=extra)


def send_photo(world: World, parameters: Parameters) -> dict[str, Any]:
    return _send_media(world, parameters, "sendPhoto", photo_of(parameters, world.files))


def send_document(world: World, parameters: Parameters) -> dict[str, Any]:
    return _send_media(world, parameters, "sendDocument", document_of(parameters, world.files))


def send_video(world: World, parameters: Parameters) -> dict[str, Any]:
    return _send_media(world, parameters, "sendVideo", video_of(parameters, world.files))


def edit_message_text(world: World, parameters: Parameters) -> dict[str, Any]:
    content = text_of(parameters)
    markup = inline_markup_of(parameters)
    person = person_of(world, parameters)
    message = editable(person, parameters)
    if message.media:
        raise bad_request("There is no text in the message to edit")
    return change(world, person, message, content, markup, _preview(parameters))


def edit_message_caption(world: World, parameters: Parameters) -> dict[str, Any]:
    content = caption_of(parameters)
    markup = inline_markup_of(parameters)
    person = person_of(world, parameters)
    message = editable(person, parameters)
    if not message.media:
        raise bad_request("There is no caption in the message to edit")
    return change(world, person, message, content, markup, {})


def edit_message_reply_markup(world: World, parameters: Parameters) -> dict[str, Any]:
    markup = inline_markup_of(parameters)
    person = person_of(world, parameters)
    message = editable(person, parameters)
    content = Content(message.text, message.entities)
    return change(world, person, message, content, markup, {})


def delete_message(world: World, parameters: Parameters) -> bool:
    person = person_of(world, parameters)
    message = message_of(person, parameters, "delete")
    if now() - message.date > _DELETABLE_SECONDS:
        raise bad_request("Message can't be deleted for everyone")
    world.state.commit("delete", chat_id=person.id, message_id=message.message_id)
    return True


def delete_messages(world: World, parameters: Parameters) -> bool:
    """Ids of no message are passed over, as in Telegram."""
    person = person_of(world, parameters)
    ids = parameters.json("message_ids", "Can't parse message identifiers JSON array")
    if not isinstance(ids, list) or not all(str(item).isdigit() for item in ids):
        raise bad_request("Expected an Array of message identifiers")
    if not ids:
        raise bad_request("Message identifiers are not specified")
    if len(ids) > _MAX_DELETED:
        raise bad_request("Too many message identifiers specified")
    for message_id in map(int, ids):
        message = person.messages.get(message_id)
        if message and not message.deleted and now() - message.date <= _DELETABLE_SECONDS:
            world.state.commit("delete", chat_id=person.id, message_id=message_id)
    return True


def send_chat_action(world: World, parameters: Parameters) -> bool:
    action = parameters.text("action").lower()
    if action not in _ACTIONS:
        raise bad_request("Wrong parameter action in request")
    reachable_person(world, parameters)
    return True


def _send_media(
    world: World, parameters: Parameters, method: str, media: dict[str, Any]
) -> dict[str, Any]:
    content = caption_of(parameters)
    extra = {"has_media_spoiler": True} if parameters.flag("has_spoiler") else {}
    if parameters.flag("show_caption_above_media"):
        extra["show_caption_above_media"] = True
    return deliver(world, parameters, method, content, media=media, extra=extra)


def deliver(
    world: World,
    parameters: Parameters,
    method: str,
    content: Content,
    *,
    media: dict[str, Any] | None = None,
    extra: dict[str, Any],
) -> dict[str, Any]:
    """Put a message into the chat, and answer it. Raises ApiError."""
    markup = markup_of(parameters)
    person = reachable_person(world, parameters)
    replied = replied_message(person, parameters)
    if replied:
        extra["reply_to_message"] = _without_reply(message_document(world, person, replied))
    if parameters.flag("protect_content"):
        extra["has_protected_content"] = True
    fields = {
        "message_id": world.state.next_message_id(),
        "from_bot": True,
        "date": now(),
        "text": content.text,
        "entities": content.entities,
        "reply_markup": markup,
        "media": media,
        "extra": extra or None,
        "silent": parameters.flag("disable_notification"),
    }
    message = world.state.commit(
        "message", chat_id=person.id, method=method, at=time.time(), message=fields
    )
    return message_document(world, person, message)


def editable(person: Person, parameters: Parameters) -> Message:
    """The bot's own message that `message_id` names. Raises ApiError."""
    message = message_of(person, parameters, "edit")
    if not message.from_bot:
        raise bad_request("Message can't be edited")
    return message


def change(
    world: World,
    person: Person,
    message: Message,
    content: Content,
    markup: dict[str, Any] | None,
    extra: dict[str, Any],
    media: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Edit a message, and answer it. Without a keyboard the old one is taken away."""
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
        "edit", chat_id=person.id, message_id=message.message_id, changes=changes
    )
    return message_document(world, person, edited)


def _preview(parameters: Parameters) -> dict[str, Any]:
    """`link_preview_options`, which come back with the message; also in their older form."""
    options = parameters.json("link_preview_options", "Can't parse link preview options")
    if isinstance(options, dict) and options:
        return {"link_preview_options": options}
    if parameters.flag("disable_web_page_preview"):
        return {"link_preview_options": {"is_disabled": True}}
    return {}


def _without_reply(document: dict[str, Any]) -> dict[str, Any]:
    """Telegram nests one reply, never a chain of them."""
    return {name: value for name, value in document.items() if name != "reply_to_message"}
