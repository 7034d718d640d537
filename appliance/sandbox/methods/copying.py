"""Messages put into another chat: copied as one's own, or forwarded with their origin."""

from dataclasses import replace
from typing import Any

from appliance.sandbox.api_types.serialize import chat_document, somebody
from appliance.sandbox.api_types.targets import chat_of, message_ids_of, message_of
from appliance.sandbox.api_types.text import Content, caption_of
from appliance.sandbox.methods.sending import deliver
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.model import CHANNEL, Chat, ChatMessage, Group, Person
from appliance.sandbox.world.world import World


def copy_message(world: World, parameters: Parameters) -> dict[str, Any]:
    source = chat_of(world, parameters, "from_chat_id")
    message = _copyable(source, parameters, "copy")
    content = Content(message.text, message.entities)
    if "caption" in parameters.values and message.media:
        content = caption_of(parameters)
    return {"message_id": _copy(world, parameters, message, content)["message_id"]}


def copy_messages(world: World, parameters: Parameters) -> list[dict[str, Any]]:
    """Those that cannot be copied are passed over, as in Telegram."""
    return [
        {"message_id": _copy(world, parameters, message, content)["message_id"]}
        for message in _several(world, parameters)
        for content in [_content(message, parameters.flag("remove_caption"))]
    ]


def forward_message(world: World, parameters: Parameters) -> dict[str, Any]:
    source = chat_of(world, parameters, "from_chat_id")
    message = _copyable(source, parameters, "forward")
    return _forward(world, parameters, source, message)


def forward_messages(world: World, parameters: Parameters) -> list[dict[str, Any]]:
    source = chat_of(world, parameters, "from_chat_id")
    return [
        {"message_id": _forward(world, parameters, source, message)["message_id"]}
        for message in _several(world, parameters)
    ]


def _copy(
    world: World, parameters: Parameters, message: ChatMessage, content: Content
) -> dict[str, Any]:
    return deliver(
        world, parameters, "copyMessage", content, media=message.media, extra=_kept(message)
    )


def _forward(
    world: World, parameters: Parameters, source: Chat, message: ChatMessage
) -> dict[str, Any]:
    extra = {**_kept(message), "forward_origin": _origin(world, source, message)}
    content = Content(message.text, message.entities)
    # A forward takes neither an answer nor buttons.
    names = ("reply_markup", "reply_parameters", "reply_to_message_id")
    plain = {name: value for name, value in parameters.values.items() if name not in names}
    bare = replace(parameters, values=plain)
    return deliver(world, bare, "forwardMessage", content, media=message.media, extra=extra)


def _origin(world: World, source: Chat, message: ChatMessage) -> dict[str, Any]:
    earlier: dict[str, Any] | None = (message.extra or {}).get("forward_origin")
    # Of a forwarded message that is forwarded on, Telegram shows where it came from first.
    if earlier:
        return earlier
    if isinstance(source, Group) and source.type == CHANNEL:
        place = {"chat": chat_document(source), "message_id": message.message_id}
        return {"type": "channel", "date": message.date, **place}
    author = world.bot_id if message.from_bot else message.author or _person_id(source)
    return {"type": "user", "date": message.date, "sender_user": somebody(world, author)}


def _person_id(source: Chat) -> int:
    assert isinstance(source, Person)  # noqa: S101 - in a group every message has an author
    return source.id


def _several(world: World, parameters: Parameters) -> list[ChatMessage]:
    source = chat_of(world, parameters, "from_chat_id")
    ids = message_ids_of(parameters)
    # Telegram refuses another order, so the product sorts them (`services/inbox/replies.py`).
    if ids != sorted(set(ids)):
        raise bad_request("Message identifiers must be in a strictly increasing order")
    messages = [source.messages[number] for number in ids if number in source.messages]
    copyable = [message for message in messages if _may_leave(message)]
    if not copyable:
        raise bad_request("There are no messages to forward")
    return copyable


def _copyable(source: Chat, parameters: Parameters, purpose: str) -> ChatMessage:
    message = message_of(source, parameters, purpose)
    if not _may_leave(message):
        raise bad_request(f"The message can't be {'copied' if purpose == 'copy' else 'forwarded'}")
    return message


def _may_leave(message: ChatMessage) -> bool:
    protected = (message.extra or {}).get("has_protected_content", False)
    return not (message.deleted or message.is_service or protected)


def _content(message: ChatMessage, remove_caption: bool) -> Content:
    if message.media and remove_caption:
        return Content("", [])
    return Content(message.text, message.entities)


def _kept(message: ChatMessage) -> dict[str, Any]:
    names = ("has_media_spoiler", "link_preview_options", "show_caption_above_media")
    return {name: value for name, value in (message.extra or {}).items() if name in names}
