"""People, groups and messages in the control API's shapes."""

from typing import Any

from appliance.sandbox.world.model import Group, Message, Person
from appliance.sandbox.world.world import World
from appliance.telegram.entities import Entity
from appliance.telegram.html import render

_MEDIA = (
    "photo",
    "document",
    "video",
    "voice",
    "audio",
    "animation",
    "video_note",
    "sticker",
    "location",
    "contact",
    "dice",
)
_TOLD = frozenset(
    {
        "reply_to_message",
        "media_group_id",
        "has_protected_content",
        "has_media_spoiler",
        "link_preview_options",
        "show_caption_above_media",
    }
)
"""Of the other fields those that have a place of their own, or that nobody looks at."""


def person_view(person: Person) -> dict[str, Any]:
    last = person.last()
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "username": person.username,
        "language_code": person.language_code,
        "started": person.started,
        "blocked": person.blocked,
        "deactivated": person.deactivated,
        "latency_ms": person.latency_ms,
        "messages": len(person.messages),
        "last_text": (last.text or None) if last else None,
    }


def group_view(world: World, group: Group) -> dict[str, Any]:
    last = group.last()
    people = {user: member for user, member in group.members.items() if user != world.bot_id}
    return {
        "id": group.id,
        "type": group.type,
        "title": group.title,
        "username": group.username,
        "is_forum": group.is_forum,
        "migrated_to": group.migrated_to,
        "bot": group.status_of(world.bot_id),
        "members": [{"id": user, "status": member.status} for user, member in people.items()],
        "topics": [
            {"id": topic.id, "name": topic.name, "closed": topic.closed}
            for topic in group.topics.values()
            if not topic.deleted
        ],
        "messages": len(group.messages),
        "last_text": (last.text or None) if last else None,
    }


def message_view(message: Message) -> dict[str, Any]:
    """`html` is safe to show, also of a caption."""
    media = message.media or {}
    extra = message.extra or {}
    replied = extra.get("reply_to_message") or {}
    return {
        "message_id": message.message_id,
        "from": "bot" if message.from_bot else "person",
        "author": message.author,
        "date": message.date,
        "edit_date": message.edit_date,
        "deleted": message.deleted,
        "text": None if message.media else message.text,
        "caption": (message.text or None) if message.media else None,
        "html": render(message.text, _entities(message)) if message.text else None,
        "entities": message.entities,
        "reply_markup": message.reply_markup,
        **{kind: media.get(kind) for kind in _MEDIA},
        "media_group_id": extra.get("media_group_id"),
        "reply_to": replied.get("message_id"),
        "thread": message.thread,
        "reactions": [{"by": who, "emoji": it} for who, it in (message.reactions or {}).items()],
        "other": {name: value for name, value in extra.items() if name not in _TOLD},
        "protected": extra.get("has_protected_content", False),
        "silent": message.silent,
    }


def _entities(message: Message) -> tuple[Entity, ...]:
    return tuple(entity_from(document) for document in message.entities)


def entity_from(document: dict[str, Any]) -> Entity:
    fields = {name: value for name, value in document.items() if name != "user"}
    user = document.get("user")
    return Entity(**fields, user_id=user["id"] if user else None)
