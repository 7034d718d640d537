"""Files that simulated people send: made up, or given by the caller of the control API."""

import secrets
from dataclasses import dataclass, field
from typing import Any, ClassVar

from appliance.errors import Invalid
from appliance.sandbox.protocol.parameters import Parameters, Upload
from appliance.sandbox.world.files import FOLDERS, Files, as_media, stand_in

_USUAL = {
    "photo": ("photo.gif", "image/gif"),
    "document": ("document.pdf", "application/pdf"),
    "video": ("video.mp4", "video/mp4"),
    "animation": ("animation.mp4", "video/mp4"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "voice": ("voice.ogg", "audio/ogg"),
    "video_note": ("video_note.mp4", "video/mp4"),
    "sticker": ("sticker.webp", "image/webp"),
}
_THUMBNAIL = (90, 67)
_USUAL_BYTES = 64


@dataclass(frozen=True, slots=True)
class Attachment:
    """What somebody is about to send. Without content it is made up, of `size` bytes."""

    ABOUT: ClassVar = ("duration", "width", "height", "length", "performer", "title")

    kind: str
    content: bytes = b""
    size: int = 0
    name: str = ""
    mime: str = ""
    about: dict[str, Any] = field(default_factory=dict)
    """Values of the names in ABOUT."""

    def media(self, files: Files) -> dict[str, Any]:
        """As the message shows it. Raises Invalid for a photo that is no picture."""
        name, mime = _USUAL[self.kind]
        upload = Upload(self.name or name, self.mime or mime, self.content or self._made_up())
        stored = files.store(upload, FOLDERS[self.kind])
        if self.kind == "photo" and stored.size is None:
            raise Invalid("invalid content: expected a PNG, JPEG, GIF or WebP picture")
        media = as_media(self.kind, stored, Parameters(dict(self.about)))
        if self.kind == "photo":
            media["photo"].insert(0, _thumbnail(files, stored.unique_id))
        return media

    def _made_up(self) -> bytes:
        seed = secrets.token_hex(8)
        made = stand_in(seed) if self.kind == "photo" else seed.encode()
        return made + bytes(max((self.size or _USUAL_BYTES) - len(made), 0))


def _thumbnail(files: Files, seed: str) -> dict[str, Any]:
    """Telegram sends every photo in several sizes, the smallest first."""
    upload = Upload("thumbnail.gif", "image/gif", stand_in(seed, *_THUMBNAIL))
    width, height = _THUMBNAIL
    return {**files.store(upload, FOLDERS["photo"]).summary(), "width": width, "height": height}
