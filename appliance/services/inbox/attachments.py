"""The files of a message, to be looked at: where they lie, and how a browser may show them."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from appliance.crud import media
from appliance.errors import NotFound, localized
from appliance.models import Message
from appliance.services.content.media import folder
from appliance.services.inbox.threads import person_chat

# Pictures that cannot run anything: an SVG can.
_SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
_PLAYED = ("audio/", "video/")
_BY_KIND = {"photo": "image/jpeg", "voice": "audio/ogg", "video_note": "video/mp4"}
_SUFFIX = {"photo": ".jpg", "voice": ".ogg", "video_note": ".mp4", "video": ".mp4"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """Telegram's by `file_id`, or our own at `path`; `inline`: may be shown, not only saved."""

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
    if message is None or message.chat_id != chat_id or index >= len(files) + len(own):
        raise NotFound(localized("message {id} has no such file", id=message_id))
    if index < len(files):
        return _received(files[index])
    (row,) = media.get_all(session, [own[index - len(files)]["id"]])
    path = folder(data) / row.sha256
    if not path.is_file():
        raise NotFound(localized("message {id} has no such file", id=message_id))
    mime = _BY_KIND["photo"] if row.kind == "photo" else "application/octet-stream"
    return Attachment(row.name, mime, row.kind == "photo", path=path)


def _received(item: dict[str, str]) -> Attachment:
    """As the person's client named it: whatever it says, only what is known is shown."""
    kind = item["kind"]
    told = (item.get("mime") or _BY_KIND.get(kind) or "").lower()
    known = told in _SHOWN or told.startswith(_PLAYED)
    name = item.get("name") or f"{kind}{_SUFFIX.get(kind, '')}"
    mime = told if known else "application/octet-stream"
    return Attachment(name, mime, told in _SHOWN, file_id=item["file_id"])
