"""Uploaded files: kept once however often they are sent, named by what is in them."""

import base64
import hashlib
import mimetypes
from dataclasses import dataclass
from typing import Any

from appliance.sandbox.protocol.errors import ApiError, bad_request
from appliance.sandbox.protocol.parameters import Parameters, Upload
from appliance.sandbox.world.images import image_size

PHOTO_BYTES = 10 * 1024 * 1024
UPLOAD_BYTES = 50 * 1024 * 1024
DOWNLOAD_BYTES = 20 * 1024 * 1024
_KEPT_BYTES = 256 * 1024 * 1024
"""A simulator may run for weeks: beyond this the oldest contents are dropped, not the messages."""
_LONGEST_SIDES = 10_000
FOLDERS = {
    "photo": "photos",
    "document": "documents",
    "video": "videos",
    "animation": "animations",
    "audio": "music",
    "voice": "voice",
    "video_note": "video_notes",
    "sticker": "stickers",
}
"""The kinds of files, and the folder of each. As with Telegram, a file id is of one kind only."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    file_id: str
    unique_id: str
    path: str
    name: str
    content_type: str
    content: bytes
    size: tuple[int, int] | None
    """Width and height of a picture."""

    def summary(self) -> dict[str, Any]:
        return {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.content),
        }


class Files:
    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._total = 0

    def get(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def at(self, path: str) -> StoredFile | None:
        return self._by_path.get(path)

    def store(self, upload: Upload, folder: str) -> StoredFile:
        # The folder is in it, as with Telegram: a photo's id is none of a document's, of the same
        # bytes.
        digest = hashlib.sha256(folder.encode() + b"\0" + upload.content).digest()
        file_id = "SANDBOX" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
        existing = self._by_id.get(file_id)
        if existing:
            return existing
        suffix = _suffix(upload)
        stored = StoredFile(
            file_id=file_id,
            unique_id="SB" + digest.hex()[:14],
            path=f"{folder}/file_{len(self._by_id)}{suffix}",
            name=upload.filename or f"file{suffix}",
            content_type=upload.content_type,
            content=upload.content,
            size=image_size(upload.content),
        )
        self._keep(stored)
        return stored

    def _keep(self, stored: StoredFile) -> None:
        self._by_id[stored.file_id] = self._by_path[stored.path] = stored
        self._total += len(stored.content)
        # The last one stays, however large: it is in a message that is being made.
        while self._total > _KEPT_BYTES and len(self._by_id) > 1:
            oldest = next(iter(self._by_id.values()))
            del self._by_id[oldest.file_id], self._by_path[oldest.path]
            self._total -= len(oldest.content)


def media_of(
    kind: str, parameters: Parameters, files: Files, value: str | None = None
) -> dict[str, Any]:
    """The file of a call as a message shows it: `{"photo": […]}`, `{"voice": {…}}` and so on.

    `value` (a file id, an address, `attach://PART`) stands in for the parameter named `kind`.
    Raises ApiError.
    """
    value = parameters.text(kind) if value is None else value
    stored = _stored(value, parameters, files, kind, FOLDERS[kind])
    if kind == "photo":
        _check_photo(stored)
    return as_media(kind, stored, parameters)


def as_media(kind: str, stored: StoredFile, parameters: Parameters) -> dict[str, Any]:
    """A stored file in the shape of its kind.

    Durations, and the size of a video, are those that the call says: nothing here decodes media.
    """
    file: dict[str, Any] = stored.summary()
    width, height = stored.size or (parameters.integer("width"), parameters.integer("height"))
    size = {"width": width, "height": height}
    named = {"file_name": stored.name, "mime_type": stored.content_type}
    duration = {"duration": max(parameters.integer("duration"), 0)}
    match kind:
        case "photo":
            return {"photo": [{**file, **size}]}
        case "document":
            return {"document": {**file, **named}}
        case "video":
            return {"video": {**file, **named, **size, **duration}}
        case "animation":  # with the document that older programs look for, as in Telegram
            document = {**file, **named}
            return {"animation": {**document, **size, **duration}, "document": document}
        case "audio":
            return {"audio": {**file, **named, **duration, **_tags(parameters)}}
        case "voice":
            return {"voice": {**file, "mime_type": stored.content_type, **duration}}
        case "video_note":
            return {"video_note": {**file, "length": parameters.integer("length", 240), **duration}}
    drawn = {"type": "regular", "is_animated": False, "is_video": False}
    return {"sticker": {**file, **drawn, "width": width or 512, "height": height or 512}}


def _tags(parameters: Parameters) -> dict[str, str]:
    names = ("performer", "title")
    return {name: parameters.text(name) for name in names if parameters.text(name)}


def _check_photo(stored: StoredFile) -> None:
    if len(stored.content) > PHOTO_BYTES:
        raise bad_request(
            f"File of size {len(stored.content)} bytes is too big for a photo;"
            f" the maximum size is {PHOTO_BYTES} bytes"
        )
    if stored.size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = stored.size
    if width + height > _LONGEST_SIDES or max(width, height) > 20 * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _stored(
    value: str, parameters: Parameters, files: Files, field: str, folder: str
) -> StoredFile:
    upload = parameters.uploads.get(value.removeprefix("attach://") if value else field)
    if upload:
        if not upload.content:
            raise bad_request("File must be non-empty")
        if len(upload.content) > UPLOAD_BYTES:
            raise ApiError(413, "Request Entity Too Large")
        return files.store(upload, folder)
    if not value:
        raise bad_request(f"There is no {field.replace('_', ' ')} in the request")
    if value.startswith(("http://", "https://")):
        return _from_address(value, files, folder)
    stored = files.get(value)
    if stored is None:
        raise bad_request("Wrong file identifier/HTTP URL specified")
    if not stored.path.startswith(f"{folder}/"):
        raise bad_request("Type of file mismatch")
    return stored


def _from_address(url: str, files: Files, folder: str) -> StoredFile:
    """A made-up picture: Telegram would fetch the address, the simulator opens no connection."""
    name = url.split("?")[0].rsplit("/", 1)[-1] or "file"
    return files.store(Upload(name, "image/gif", stand_in(url)), folder)


def stand_in(seed: str, width: int = 800, height: int = 600) -> bytes:
    """A GIF header for a picture of this size; each `seed` makes another file."""
    size = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"GIF89a" + size + b"\x00\x00\x00;" + seed.encode("utf-8", "replace")


def _suffix(upload: Upload) -> str:
    _, dot, suffix = upload.filename.rpartition(".")
    if dot and suffix.isalnum() and suffix.isascii() and len(suffix) <= 8:
        return f".{suffix.lower()}"
    return mimetypes.guess_extension(upload.content_type) or ".bin"
