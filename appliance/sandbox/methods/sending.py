"""The calls that put something new into a chat: texts, photos, documents, videos, actions."""

import time
from typing import Any

from appliance.sandbox.api_types.keyboards import markup_of
from appliance.sandbox.api_types.serialize import message_document, without_reply
from appliance.sandbox.api_types.targets import reachable_chat, replied_message, topic_of
from appliance.sandbox.api_types.text import Content, caption_of, text_of
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.files import media_of
from appliance.sandbox.world.model import Chat, ChatMessage
from appliance.sandbox.world.state import now
from appliance.sandbox.world.world import World

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


def send_message(world: World, parameters: Parameters) -> dict[str, Any]:
    content = text_of(parameters)
    extra = preview_of(parameters)
    return deliver(world, parameters, "sendMessage", content, extra=extra)


def send_photo(world: World, parameters: Parameters) -> dict[str, Any]:
    return send_media(world, parameters, "sendPhoto", "photo")


def send_document(world: World, parameters: Parameters) -> dict[str, Any]:
    return send_media(world, parameters, "sendDocument", "document")


def send_video(world: World, parameters: Parameters) -> dict[str, Any]:
    return send_media(world, parameters, "sendVideo", "video")


def send_chat_action(world: World, parameters: Parameters) -> bool:
    action = parameters.text("action").lower()
    if action not in _ACTIONS:
        raise bad_request("Wrong parameter action in request")
    reachable_chat(world, parameters)
    return True


def send_media(world: World, parameters: Parameters, method: str, kind: str) -> dict[str, Any]:
    """A message with one file of this kind and a caption."""
    media = media_of(kind, parameters, world.files)
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
    """Put a message into the chat and return it. Raises ApiError."""
    markup = markup_of(parameters)
    chat = reachable_chat(world, parameters)
    thread, replied = _context(world, chat, parameters)
    if replied:
        extra["reply_to_message"] = without_reply(message_document(world, chat, replied))
    if parameters.flag("protect_content"):
        extra["has_protected_content"] = True
    fields = {
        "message_id": world.state.next_message_id(chat),
        "from_bot": True,
        "date": now(),
        "text": content.text,
        "entities": content.entities,
        "reply_markup": markup,
        "media": media,
        "extra": extra or None,
        "silent": parameters.flag("disable_notification"),
    }
    if thread is not None:
        fields["thread"] = thread
    message = world.state.commit(
        "message", chat_id=chat.id, method=method, at=time.time(), message=fields
    )
    return message_document(world, chat, message)


def _context(
    world: World, chat: Chat, parameters: Parameters
) -> tuple[int | None, ChatMessage | None]:
    """The topic, and the message that is replied to.

    A reply stands in the topic of what it replies to. Whatever is no reply counts, in a topic, as
    one to the service message that opened the topic; Telegram does the same.
    """
    topic = topic_of(world, chat, parameters)
    replied = replied_message(chat, parameters)
    if topic:
        return topic.id, replied or chat.messages.get(topic.id)
    return (replied.thread if replied else None), replied


def preview_of(parameters: Parameters) -> dict[str, Any]:
    """`link_preview_options`, which come back with the message; also in their older form."""
    options = parameters.json(
        "link_preview_options", "Can't parse link preview options JSON object"
    )
    if options is not None and not isinstance(options, dict):
        raise bad_request("Object expected as link preview options")
    if options:
        return {"link_preview_options": options}
    if parameters.flag("disable_web_page_preview"):
        return {"link_preview_options": {"is_disabled": True}}
    return {}
