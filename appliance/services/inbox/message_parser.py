"""The text and files of a message of Telegram, as they are stored; files by their `file_id`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from telebot.types import Message, MessageEntity

from appliance.services.inbox import context, rich_text
from appliance.telegram import html
from appliance.telegram.entities import FORMATTING, Entity

MAX_TEXT = 16_000
"""Characters of a text that are stored. Telegram stops at 4096; only a forged message is longer."""

_FILES = ("photo", "voice", "audio", "video", "video_note", "animation", "document", "sticker")
_UNNAMED = ("paid_media", "checklist")  # telebot reads them and has no word for their kind


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it is stored; with files `text` is the caption.

    `forwarded_from` is a name, `in_answer_to` the beginning of what it answers.
    """

    message_id: int
    kind: str  # text, photo, voice, location, …
    text: str
    files: list[dict[str, Any]] = field(default_factory=list)  # {kind, file_id, name, size, mime}
    album_id: str | None = None
    reply_to: int | None = None
    forwarded_from: str = ""
    in_answer_to: str = ""


def read(message: Message) -> Received:
    """A message of a kind that is newer than this program has its kind in brackets as text."""
    # In the order of the list: Telegram sends an animation as a `document`, too.
    kind = next((name for name in _FILES if getattr(message, name, None)), None)
    file = _file(kind, getattr(message, kind)) if kind else None
    reply = message.reply_to_message
    source = message.json if isinstance(message.json, dict) else {}
    return Received(
        message.message_id,
        kind or _kind(message),
        storable(message.caption or "") if file else _words(message, kind),
        [file] if file else [],
        storable(str(message.media_group_id))[:64] if message.media_group_id else None,
        reply.message_id if reply is not None else None,
        storable(context.forwarded_from(source)),
        storable(context.quoted(source, _in_short(reply) if reply is not None else "")),
    )


def _in_short(message: Message) -> str:
    """A message's words, after the kind of its file in brackets."""
    kind = next((name for name in _FILES if getattr(message, name, None)), None)
    return f"[{kind}] {message.caption or ''}".strip() if kind else _words(message, None)


def as_html(message: Message) -> str:
    """The text with its formatting; without it where the offsets make no sense."""
    captioned = message.text is None
    text = storable((message.caption if captioned else message.text) or "")
    listed = message.caption_entities if captioned else message.entities
    try:
        return html.render(text, tuple(_entities(listed or ())))
    # Only a forged update has such offsets; its text is an operator's to read all the same.
    except (ValueError, TypeError):
        return escape(text, quote=False)


def storable(text: str) -> str:
    """The text without what no database takes: NUL and halves of surrogate pairs."""
    return text[:MAX_TEXT].replace("\0", "").encode("utf-8", "replace").decode()


def _words(message: Message, kind: str | None) -> str:
    if message.text is not None:
        return storable(message.text)
    name = kind or _kind(message)
    if name == "rich_message" and (plain := rich_text.plain(message.json.get(name))):
        return storable(plain)
    about = getattr(message, name, None)
    text = _SUMMARIES[name](about) if name in _SUMMARIES and about else message.caption or ""
    return storable(f"[{name}] {text}".strip())


def _kind(message: Message) -> str:
    content: str | None = message.content_type
    unnamed = (name for name in _UNNAMED if getattr(message, name, None))
    return content or next(unnamed, "message")


def _file(kind: str, media: Any) -> dict[str, Any] | None:
    """None without a usable `file_id`."""
    if isinstance(media, list):  # a photo in its sizes, of which the largest is the picture
        media = max(media, key=lambda size: (size.width or 0) * (size.height or 0))
    file_id = getattr(media, "file_id", None)
    if not isinstance(file_id, str) or not 0 < len(file_id) <= 255:
        return None
    item = {"kind": kind, "file_id": file_id}
    name = getattr(media, "file_name", None)
    mime, size = getattr(media, "mime_type", None), getattr(media, "file_size", None)
    if isinstance(name, str) and name:
        item["name"] = storable(name)[-255:]  # the end has the suffix
    if isinstance(mime, str) and mime:
        item["mime"] = storable(mime)[:100]
    return {**item, **({"size": size} if isinstance(size, int) else {}), **_sticker(kind, media)}


def _sticker(kind: str, media: Any) -> dict[str, Any]:
    if kind != "sticker":
        return {}
    if getattr(media, "is_video", False):
        return {"mime": "video/webm"}
    return {} if getattr(media, "is_animated", False) else {"mime": "image/webp"}


def _contact(person: Any) -> str:
    return " ".join(
        str(part) for part in (person.first_name, person.last_name, person.phone_number) if part
    )


def _poll(poll: Any) -> str:
    return "\n".join([str(poll.question), *(f"• {option.text}" for option in poll.options or ())])


def _checklist(checklist: Any) -> str:
    tasks = (
        f"{'☑' if task.completion_date else '☐'} {task.text}" for task in checklist.tasks or ()
    )
    return "\n".join([str(checklist.title), *tasks])


_SUMMARIES: dict[str, Callable[[Any], str]] = {
    "contact": _contact,
    "location": lambda place: f"{place.latitude}, {place.longitude}",
    "venue": lambda venue: f"{venue.title}, {venue.address}",
    "poll": _poll,
    "checklist": _checklist,
    "dice": lambda dice: f"{dice.emoji} {dice.value}",
}


def _entities(listed: Iterable[MessageEntity]) -> Iterable[Entity]:
    for entity in listed:
        if entity.type in FORMATTING and entity.length > 0:
            yield Entity(
                entity.type, entity.offset, entity.length, url=entity.url, language=entity.language
            )
