"""Updates out of JSON, also those that telebot does not understand to the end.

It refuses a whole message for one part that is newer than itself, a new kind of `forward_origin`
say. What somebody wrote must not be lost by that.
"""

import logging
from typing import Any

from telebot.types import Message, Update
from telebot.util import content_type_media, content_type_service

log = logging.getLogger(__name__)

_NEEDED = ("message_id", "date", "chat", "from")
_KINDS = {*content_type_media, *content_type_service, "live_photo", "rich_message", "paid_media"}


def read_update(payload: dict[str, Any]) -> Update:
    """The update; of a message that cannot be read whole the parts that can.

    Raises whatever telebot does where not even the chat can be read.
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
    """Each part is tried alone."""
    needed = {name: message[name] for name in _NEEDED if name in message}
    kept = dict(needed)
    for name, part in message.items():
        tried = _readable(part) if name == "reply_to_message" else part
        if _can_read({**needed, name: tried}):
            kept[name] = tried
    if len(kept) < len(message):
        unread = ", ".join(sorted(message.keys() - kept.keys()))
        log.warning("a message is kept without what telebot cannot read: %s", unread)
    return kept


def _can_read(message: dict[str, Any]) -> bool:
    try:
        Message.de_json(message)  # type: ignore[no-untyped-call]
    except Exception:
        return False
    return True


def _name(message: Message | None, payload: dict[str, Any]) -> None:
    """A message of which nothing else is left has at least its kind."""
    kinds = [name for name in payload if name in _KINDS]
    if message is not None and not message.content_type and kinds:
        message.content_type = kinds[0]
