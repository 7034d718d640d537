"""Updates out of JSON, including those that telebot cannot parse completely.

telebot raises for a whole message when one part is newer than itself, such as a new kind of
`forward_origin`. What somebody wrote must not get lost because of that.
"""

import logging
from typing import Any

from telebot.types import Message, Update
from telebot.util import content_type_media, content_type_service

log = logging.getLogger(__name__)

_NEEDED = ("message_id", "date", "chat", "from")
_KINDS = {*content_type_media, *content_type_service, "live_photo", "rich_message", "paid_media"}


def read_update(payload: dict[str, Any]) -> Update:
    """The update; of a message that cannot be parsed completely, the parts that can be.

    Raises what telebot raises where not even the chat can be parsed.
    """
    try:
        return _parse(payload)
    except Exception:
        update = _parse(_readable_update(payload))
        for name in ("message", "edited_message"):
            _name(getattr(update, name), payload.get(name) or {})
        return update


def _parse(payload: dict[str, Any]) -> Update:
    update: Update = Update.de_json(payload)  # type: ignore[no-untyped-call]
    return update


def _readable_update(payload: dict[str, Any]) -> dict[str, Any]:
    parts = dict(payload)
    for name in ("message", "edited_message"):
        if name in parts:
            parts[name] = _readable(parts[name])
    query = parts.get("callback_query")
    if query and "message" in query:
        parts["callback_query"] = {**query, "message": _readable(query["message"])}
    return parts


def _readable(message: dict[str, Any]) -> dict[str, Any]:
    """The message without the parts that telebot cannot parse; each is tried by itself."""
    needed = {name: message[name] for name in _NEEDED if name in message}
    readable = dict(needed)
    for name, part in message.items():
        # The message replied to is one, too, and tells operators whom an answer is for.
        tried = _readable(part) if name == "reply_to_message" else part
        # With what a message needs beside it: alone no part can be parsed.
        if _can_read({**needed, name: tried}):
            readable[name] = tried
    if len(readable) < len(message):
        unread = ", ".join(sorted(message.keys() - readable.keys()))
        log.warning("a message is stored without the parts that telebot cannot read: %s", unread)
    return readable


def _can_read(message: dict[str, Any]) -> bool:
    try:
        Message.de_json(message)  # type: ignore[no-untyped-call]
    except Exception:
        return False
    return True


def _name(message: Message | None, payload: dict[str, Any]) -> None:
    """Give a message whose content could not be parsed at least its content type."""
    kinds = [name for name in payload if name in _KINDS]
    if message is not None and not message.content_type and kinds:
        message.content_type = kinds[0]
