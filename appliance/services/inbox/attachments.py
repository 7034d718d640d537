"""The files of a message, to be downloaded: where they are, and how a browser may show them."""

import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from appliance.crud import media
from appliance.errors import NotFound, localized
from appliance.models import Message
from appliance.services.content.media import clean_name, folder
from appliance.services.inbox.threads import person_chat

# Pictures that cannot run anything: an SVG can.
_SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
_PLAYED = re.compile(r"(audio|video)/[a-z0-9.+-]{1,60}")  # no line end, which ends a header
_BY_KIND = {"photo": "image/jpeg", "voice": "audio/ogg", "video_note": "video/mp4"}
_SUFFIX = {"photo": ".jpg", "voice": ".ogg", "video_note": ".mp4", "video": ".mp4"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file at Telegram (`file_id`) or our own (`path`). `inline`: a browser may show it."""

    name: str
    mime: str
    inline: bool
    file_id: str | None = None
    path: Path | None = None


def find(session: Session, data: Path, chat_id: int, message_id: int, index: int) -> Attachment:
    """A file of a message by its number there. Raises NotFound."""
    person_chat(session, chat_id)
    message = session.get(Message, message_id)
    files = list((message.files if message else None) or ())
    own = list((message.media if message else None) or ())
    # The chat is compared: ids of messages are counted up, and this one came from an address.
    if message is None or message.chat_id != chat_id or index >= len(files) + len(own):
        raise NotFound(localized("message {id} has no such file", id=message_id))
    if index < len(files):
        return _received(files[index])
    (row,) = media.get_all(session, [own[index - len(files)]["id"]])
    path = folder(data) / row.sha256
    # A backup may have brought back the database without the files.
    if not path.is_file():
        raise NotFound(localized("message {id} has no such file", id=message_id))
    mime = _BY_KIND["photo"] if row.kind == "photo" else "application/octet-stream"
    return Attachment(row.name, mime, row.kind == "photo", path=path)


def _received(item: dict[str, str]) -> Attachment:
    """A file by the data of the person's client, which may say anything: only known types are
    shown, all else is saved.
    """
    kind = item["kind"]
    # By an allow-list: HTML or SVG of a stranger, shown by this site, would run as this site.
    stated = (item.get("mime") or _BY_KIND.get(kind) or "").lower()
    harmless = stated in _SHOWN or _PLAYED.fullmatch(stated) is not None
    name = clean_name(item.get("name")) or f"{kind}{_SUFFIX.get(kind, '')}"
    mime = stated if harmless else "application/octet-stream"
    return Attachment(name, mime, stated in _SHOWN, file_id=item["file_id"])
