"""Several files in one call, and files put in place of others: `InputMedia` in its two uses."""

from typing import Any, NamedTuple

from appliance.sandbox.api_types.keyboards import inline_markup_of
from appliance.sandbox.api_types.targets import reachable_chat, seen_chat
from appliance.sandbox.api_types.text import Content, caption_of
from appliance.sandbox.methods.editing import change, editable
from appliance.sandbox.methods.sending import deliver
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.files import media_of
from appliance.sandbox.world.world import World

_MAX_FILES = 10
_KINDS = ("photo", "video", "document", "audio", "animation")


class _Item(NamedTuple):
    kind: str
    media: dict[str, Any]
    caption: Content


def send_media_group(world: World, parameters: Parameters) -> list[dict[str, Any]]:
    """An album: a message a file, with consecutive ids. As by Telegram, buttons are ignored."""
    listed = parameters.json("media", "Can't parse media JSON object")
    if not isinstance(listed, list):
        raise bad_request("Expected an Array of InputMedia")
    if len(listed) > _MAX_FILES:
        raise bad_request("Too many messages to send as an album")
    if not listed:
        raise bad_request("There are no messages to send")
    items = [_item(world, parameters, entry) for entry in listed]
    kinds = {item.kind for item in items}
    for kind in ("document", "audio"):
        if kind in kinds and len(kinds) > 1:
            raise bad_request(f"{kind.capitalize()} can't be mixed with other media types")
    if "animation" in kinds:
        raise bad_request("Invalid message content type")
    chat = reachable_chat(world, parameters)
    group = {"media_group_id": str(world.state.next_message_id(chat))}
    without = {name: v for name, v in parameters.values.items() if name != "reply_markup"}
    shared = Parameters(without, parameters.uploads)
    return [
        deliver(world, shared, "sendMediaGroup", caption, media=media, extra=dict(group))
        for _, media, caption in items
    ]


def edit_message_media(world: World, parameters: Parameters) -> dict[str, Any]:
    entry = parameters.json("media", "Can't parse input media JSON object")
    item = _item(world, parameters, entry)
    markup = inline_markup_of(parameters)
    chat = seen_chat(world, parameters)
    message = editable(world, chat, parameters)
    if not message.media:
        raise bad_request("There is no media in the message to edit")
    return change(world, chat, message, item.caption, markup, {}, item.media)


def _item(world: World, parameters: Parameters, entry: Any) -> _Item:
    """An `InputMedia`; its file may be a part of the call's form. Raises ApiError."""
    if not isinstance(entry, dict):
        raise bad_request("Can't parse InputMedia: expected an Object")
    kind = str(entry.get("type", "")).lower()
    if kind not in _KINDS:
        raise bad_request(f'Can\'t parse InputMedia: type "{kind}" is unsupported')
    value = entry.get("media")
    if not isinstance(value, str) or not value:
        raise bad_request("Can't parse InputMedia: media not found")
    fields = {name: v for name, v in entry.items() if v is not None}
    media = media_of(kind, Parameters(fields, parameters.uploads), world.files, value)
    return _Item(kind, media, caption_of(Parameters(fields)))
