"""Messages that people write are stored: the parts of an album as one, edits with their history.

An album arrives part by part, and Telegram may deliver the same update twice, so each function may
be repeated, and changes nothing the second time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud.messages import messages, threads
from appliance.models import Direction, Message
from appliance.services.inbox.message_parser import Received

MAX_EDITS = 50  # they are one JSON value of the row, read with it
"""Earlier texts of one message that are kept; the oldest are deleted."""

MOVING = "location"
"""The kind of a message that is edited every few seconds while it is live."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored message; `new`: it is not a part or a version of one that was stored before.

    `codes_ended`: there were codes for linking in it, which work no more.
    """

    message: Message
    new: bool
    changed: bool = True
    codes_ended: bool = False


def take(session: Session, chat_id: int, received: Received, now: datetime) -> Kept:
    """Store what a person sent, which opens a closed thread again."""
    album = _album(session, chat_id, received)
    if album is not None:
        return Kept(album, new=False, changed=join(session, album, received))
    message = messages.record_incoming(
        session,
        chat_id,
        received.text,
        received.message_id,
        now,
        files=[_part(received, file) for file in received.files],
        album_id=received.album_id,
        reply_to=received.reply_to,
        **_context(received),
    )
    threads.heard(session, chat_id, now)
    return Kept(message, new=True)


def _context(received: Received) -> dict[str, Any]:
    """The columns that say where it comes from; none for what was simply written."""
    parts = {"forwarded_from": received.forwarded_from, "in_answer_to": received.in_answer_to}
    given = {name: part for name, part in parts.items() if part}
    return {"params": given} if given else {}


def edit(session: Session, chat_id: int, received: Received, now: datetime) -> Kept:
    """Store a new version, with the old one as history. An unknown message is stored as new."""
    message = _album(session, chat_id, received) or _known(session, chat_id, received.message_id)
    # What was sent before the bot ran here, or lost: the edit is all there is of it.
    if message is None:
        stored = take(session, chat_id, received, now)
        stored.message.edited_at = now
        return stored
    files = [_part(received, file) for file in received.files]
    if received.album_id:
        # A part of an album is edited by itself; the others stay as they are.
        others = [item for item in message.files if item.get("message_id") != received.message_id]
        files = _ordered([*others, *files])
    text = _captions(files) if received.album_id else received.text
    changed = text != (message.text or "") or files != (message.files or [])
    if changed:
        _change(message, text, files, now, history=received.kind != MOVING)
        thread = threads.ensure(session, chat_id, now)
        # Something to read again, but no message more than before.
        thread.unread = max(1, thread.unread)
    session.flush()
    return Kept(message, new=False, changed=changed)


def _change(
    message: Message, text: str, files: list[dict[str, Any]], now: datetime, *, history: bool
) -> None:
    if history and text != (message.text or ""):
        until = {"text": message.text or "", "at": now.isoformat()}
        message.edits = [*(message.edits or []), until][-MAX_EDITS:]
    message.text, message.files, message.edited_at = text, files, now


def _known(session: Session, chat_id: int, message_id: int) -> Message | None:
    message = messages.find_by_telegram_id(session, chat_id, message_id)
    return message if message is not None and message.direction == Direction.IN else None


def _album(session: Session, chat_id: int, received: Received) -> Message | None:
    if received.album_id is None:
        return None
    return messages.find_album(session, chat_id, received.album_id, received.message_id)


def join(session: Session, album: Message, received: Received) -> bool:
    """Add a part to an album, incoming or outgoing; False where it is in it already."""
    # Telegram repeats what was not confirmed: the same part must not be in it twice.
    if any(item.get("message_id") == received.message_id for item in album.files):
        return False
    album.files = _ordered([*album.files, *(_part(received, file) for file in received.files)])
    album.text = _captions(album.files)
    session.flush()
    return True


def _part(received: Received, file: dict[str, Any]) -> dict[str, Any]:
    """A file with the id and caption of its part of the album, where it is in one."""
    if received.album_id is None:
        return file
    caption = {"caption": received.text} if received.text else {}
    return {**file, "message_id": received.message_id, **caption}


def _ordered(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # By Telegram's ids, whatever the order of arrival: several connections of a webhook may
    # overtake one another.
    return sorted(files, key=lambda item: int(item.get("message_id") or 0))


def _captions(files: list[dict[str, Any]]) -> str:
    return "\n".join(item["caption"] for item in files if item.get("caption"))
