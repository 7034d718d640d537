"""Chats, users and messages as JSON: the Bot API's shapes and the control API's."""

from typing import Any

from appliance.sandbox.state import Message, Person
from appliance.sandbox.world import World
from appliance.services.telegram_entities import Entity
from appliance.services.telegram_html import render


def user_document(person: Person) -> dict[str, Any]:
    document = {"id": person.id, "is_bot": False, "first_name": person.first_name}
    return {**document, **_names(person), "language_code": person.language_code}


def chat_document(person: Person) -> dict[str, Any]:
    document = {"id": person.id, "first_name": person.first_name}
    return {**document, **_names(person), "type": "private"}


def _names(person: Person) -> dict[str, Any]:
    names = {"last_name": person.last_name, "username": person.username}
    return {name: value for name, value in names.items() if value}


def message_document(world: World, person: Person, message: Message) -> dict[str, Any]:
    """The Bot API's Message. Only inline keyboards come back, as in Telegram."""
    document: dict[str, Any] = {
        "message_id": message.message_id,
        "from": world.bot() if message.from_bot else user_document(person),
        "chat": chat_document(person),
        "date": message.date,
    }
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


def person_view(person: Person) -> dict[str, Any]:
    """The control API's Person."""
    last = person.last()
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "language_code": person.language_code,
        "started": person.started,
        "blocked": person.blocked,
        "latency_ms": person.latency_ms,
        "messages": len(person.messages),
        "last_text": (last.text or None) if last else None,
    }


def message_view(message: Message) -> dict[str, Any]:
    """The control API's Message. `html` is safe to show, also of a caption."""
    media = message.media or {}
    extra = message.extra or {}
    return {
        "message_id": message.message_id,
        "from": "bot" if message.from_bot else "person",
        "date": message.date,
        "edit_date": message.edit_date,
        "deleted": message.deleted,
        "text": None if message.media else message.text,
        "caption": (message.text or None) if message.media else None,
        "html": render(message.text, _entities(message)) if message.text else None,
        "entities": message.entities,
        "reply_markup": message.reply_markup,
        "photo": media.get("photo"),
        "document": media.get("document"),
        "video": media.get("video"),
        "media_group_id": extra.get("media_group_id"),
        "protected": extra.get("has_protected_content", False),
        "silent": message.silent,
    }


def _entities(message: Message) -> tuple[Entity, ...]:
    return tuple(entity_from(document) for document in message.entities)


def entity_from(document: dict[str, Any]) -> Entity:
    fields = {name: value for name, value in document.items() if name != "user"}
    user = document.get("user")
    return Entity(**fields, user_id=user["id"] if user else None)
