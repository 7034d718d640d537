"""Texts and captions on their way in: parsed, checked and measured as Telegram does it."""

from functools import lru_cache
from typing import Any, NamedTuple

from appliance.sandbox.api_types.entity_detection import add_detected
from appliance.sandbox.protocol.errors import ApiError, bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.telegram import limits
from appliance.telegram.emptiness import is_empty
from appliance.telegram.entities import (
    MONOSPACE,
    QUOTES,
    SPLITTABLE,
    Entity,
    canonical,
    from_utf16,
    to_utf16,
)
from appliance.telegram.html import EntityError, parse
from appliance.telegram.urls import LinkError, checked_link

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
"""Both in code points after the markup is gone."""

# A broadcast sends the same text to everybody: parsed once, kept once.
_CACHED = 256
_ACCEPTED = frozenset(
    {
        *SPLITTABLE,
        *QUOTES,
        *MONOSPACE,
        "text_link",
        "text_mention",
        "custom_emoji",
        "date_time",
    }
)


class Content(NamedTuple):
    text: str
    entities: list[dict[str, Any]]
    """As the Bot API writes them. Shared between messages: never change it."""


def text_of(parameters: Parameters) -> Content:
    """The `text` of a message. Raises ApiError."""
    text = parameters.text("text")
    if not text:
        raise bad_request("Message text is empty")
    content = _content(text, parameters, "entities")
    if is_empty(content.text):
        raise bad_request("Text must be non-empty")
    if len(content.text) > TEXT_LIMIT:
        raise bad_request("Message is too long")
    return content


def caption_of(parameters: Parameters) -> Content:
    """The `caption` of a photo or document, which may be empty. Raises ApiError."""
    content = _content(parameters.text("caption"), parameters, "caption_entities")
    if len(content.text) > CAPTION_LIMIT:
        raise bad_request("Message caption is too long")
    return Content("", []) if is_empty(content.text) else content


def _content(text: str, parameters: Parameters, name: str) -> Content:
    if len(text.encode("utf-8", "surrogatepass")) > limits.SOURCE_BYTES:
        raise bad_request("Text is too long")
    mode = parameters.text("parse_mode").lower()
    if mode == "html":
        return _from_html(text)
    if mode in ("markdown", "markdownv2"):
        raise bad_request("unsupported parse_mode: the simulator reads HTML and entities only")
    if mode not in ("", "none"):
        raise bad_request("Unsupported parse_mode")
    listed = _listed(parameters, name)
    return _from_entities(text, listed) if listed else _plain(text)


def _listed(parameters: Parameters, name: str) -> list[Any]:
    """The entities; none where there is no list of them, which Telegram does not mind."""
    try:
        listed = parameters.json(name, "")
    except ApiError:
        return []
    return listed if isinstance(listed, list) else []


@lru_cache(_CACHED)
def _from_html(html: str) -> Content:
    try:
        text, entities = parse(html)
    except EntityError as error:
        raise bad_request(error.message) from None
    return _finished(text, from_utf16(text, entities))


@lru_cache(_CACHED)
def _plain(text: str) -> Content:
    return _finished(*canonical(text, ()))


def _from_entities(text: str, listed: list[Any]) -> Content:
    entities = [_entity(item) for item in listed]
    try:
        counted = from_utf16(text, (entity for entity in entities if entity))
    except ValueError as error:
        raise bad_request(str(error)) from None
    return _finished(*canonical(text, counted))


def _finished(text: str, entities: tuple[Entity, ...]) -> Content:
    if limits.size_of(entities) > limits.ENTITIES_BYTES:
        raise bad_request("ENTITIES_TOO_LONG")
    everything = to_utf16(text, add_detected(text, entities))[: limits.ENTITIES]
    return Content(text, [entity.as_dict() for entity in everything])


def _entity(item: Any) -> Entity | None:
    """The entity; None for a type that only Telegram itself may add."""
    if not isinstance(item, dict):
        raise _entity_error("expected an Object")
    type_ = _field(item, "type", str)
    offset, length = _field(item, "offset", int), _field(item, "length", int)
    if offset < 0 or offset > 1_000_000:
        raise bad_request(f"Receive an entity with incorrect offset {offset}")
    if length < 0 or length > 1_000_000:
        raise bad_request(f"Receive an entity with incorrect length {length}")
    if type_ not in _ACCEPTED:
        return None
    return _with_details(Entity(type_, offset, length), item)


def _with_details(entity: Entity, item: dict[str, Any]) -> Entity | None:
    place = (entity.type, entity.offset, entity.length)
    match entity.type:
        case "text_link":
            try:
                return Entity(*place, url=checked_link(_field(item, "url", str)))
            except LinkError:
                return None
        case "text_mention":
            return Entity(*place, user_id=_field(_field(item, "user", dict), "id", int))
        case "custom_emoji":
            return Entity(*place, custom_emoji_id=str(item.get("custom_emoji_id", "")))
        case "date_time":
            shape = item.get("date_time_format") or None
            return Entity(*place, unix_time=_field(item, "unix_time", int), date_time_format=shape)
        case "pre":
            return Entity(*place, language=item.get("language") or None)
        case _:
            return entity


def _field(item: dict[str, Any], name: str, kind: type) -> Any:
    value = item.get(name)
    if kind is int and isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if not isinstance(value, kind):
        expected = {str: "of type String", int: "a Number", dict: "of type Object"}[kind]
        if value is None:
            raise _entity_error(f'Can\'t find field "{name}"')
        if kind is int and isinstance(value, str):
            raise _entity_error(f'Field "{name}" must be a valid Number')
        raise _entity_error(f'Field "{name}" must be {expected}')
    return value


def _entity_error(reason: str) -> ApiError:
    return bad_request(f"can't parse MessageEntity: {reason}")
