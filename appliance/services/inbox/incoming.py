"""What people write, kept: new lines, the parts of an album as one, and edits with their history.

Several updates may tell of one thing (an album comes part by part) and one thing may be told twice,
so each of these may be repeated and changes nothing the second time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud.messages import messages, threads
from appliance.models import Direction, Message
from appliance.services.inbox.message_parser import Received

MOST_EDITS = 50
"""Earlier texts of one message that are kept; the oldest go."""

MOVING = "location"
"""The kind of a message that is edited every few seconds while it is live."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of a thread; `new`: it began one, and did not join or change what was there."""

    message: Message
    new: bool
    changed: bool = True


def take(session: Session, chat_id: int, got: Received, now: datetime) -> Kept:
    """Keep what a person sent. A closed thread is open again by it."""
    album = _album(session, chat_id, got)
    if album is not None:
        return Kept(album, new=False, changed=join(session, album, got))
    message = messages.record_incoming(
        session,
        chat_id,
        got.text,
        got.message_id,
        now,
        files=[_part(got, file) for file in got.files],
        album_id=got.album_id,
        reply_to=got.reply_to,
    )
    threads.heard(session, chat_id, now)
    return Kept(message, new=True)


def edit(session: Session, chat_id: int, got: Received, now: datetime) -> Kept:
    """Keep the new version, and the old one as history. What is not known is kept as new."""
    message = _album(session, chat_id, got) or _known(session, chat_id, got.message_id)
    if message is None:
        kept = take(session, chat_id, got, now)
        kept.message.edited_at = now
        return kept
    files = [_part(got, file) for file in got.files]
    if got.album_id:
        others = [item for item in message.files if item.get("message_id") != got.message_id]
        files = _ordered([*others, *files])
    text = _captions(files) if got.album_id else got.text
    changed = text != (message.text or "") or files != (message.files or [])
    if changed:
        _change(message, text, files, now, history=got.kind != MOVING)
        thread = threads.ensure(session, chat_id, now)
        thread.unread = max(1, thread.unread)
    session.flush()
    return Kept(message, new=False, changed=changed)


def _change(
    message: Message, text: str, files: list[dict[str, Any]], now: datetime, *, history: bool
) -> None:
    if history and text != (message.text or ""):
        until = {"text": message.text or "", "at": now.isoformat()}
        message.edits = [*(message.edits or []), until][-MOST_EDITS:]
    message.text, message.files, message.edited_at = text, files, now


def _known(session: Session, chat_id: int, message_id: int) -> Message | None:
    found = messages.find_by_telegram_id(session, chat_id, message_id)
    return found if found is not None and found.direction == Direction.IN else None


def _album(session: Session, chat_id: int, got: Received) -> Message | None:
    if got.album_id is None:
        return None
    return messages.find_album(session, chat_id, got.album_id, got.message_id)


def join(session: Session, album: Message, got: Received) -> bool:
    """Another part of an album, be it heard or said; False when it is there already."""
    if any(item.get("message_id") == got.message_id for item in album.files):
        return False
    album.files = _ordered([*album.files, *(_part(got, file) for file in got.files)])
    album.text = _captions(album.files)
    session.flush()
    return True


def _part(got: Received, file: dict[str, Any]) -> dict[str, Any]:
    """A file that knows which part of an album it is, and its words."""
    if got.album_id is None:
        return file
    return {**file, "message_id": got.message_id, **({"caption": got.text} if got.text else {})}


def _ordered(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(files, key=lambda item: int(item.get("message_id") or 0))


def _captions(files: list[dict[str, Any]]) -> str:
    return "\n".join(item["caption"] for item in files if item.get("caption"))
