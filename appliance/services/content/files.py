"""The files of a message: as parameters of a call, as an upload, and as Telegram's answer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from appliance.models import MAX_ID

METHODS = {"photo": "sendPhoto", "document": "sendDocument", "video": "sendVideo"}
_ANSWERED = ("photo", "video", "document", "animation", "audio")


@dataclass(frozen=True, slots=True)
class File:
    """A file to be sent; `file_id` is Telegram's name for it, None until it was uploaded."""

    id: int
    kind: str
    sha256: str
    name: str
    file_id: str | None = None

    @property
    def mime(self) -> str:
        return guess_type(self.name)[0] or "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Part:
    """A file in a multipart body: `field` is its name there."""

    field: str
    path: Path
    filename: str
    mime: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A call with files: what goes into the form as text, and what as files."""

    method: str
    fields: dict[str, str]
    parts: tuple[Part, ...]


def method_for(files: Sequence[File]) -> str:
    if not files:
        return "sendMessage"
    return METHODS[files[0].kind] if len(files) == 1 else "sendMediaGroup"


def parameters(
    files: Sequence[File], caption: dict[str, Any], *, uploading: bool = False
) -> dict[str, Any]:
    """The files of a call with the caption's parameters, which an album has on its first file."""
    if len(files) == 1:
        (file,) = files
        return {file.kind: _reference(file, 0), **caption, **_as_it_is(file, uploading)}
    items = [{"type": file.kind, "media": _reference(file, n)} for n, file in enumerate(files)]
    items[0] |= caption
    return {"media": items}


def parts(files: Sequence[File], folder: Path) -> tuple[Part, ...]:
    """What has to be uploaded; `folder` keeps files by their SHA-256."""
    return tuple(
        Part(_field(number), folder / file.sha256, file.name, file.mime)
        for number, file in enumerate(files)
        if file.file_id is None
    )


def file_ids_from(result: Any) -> list[str]:
    """The file ids in the `result` of a sending call, in the order of the message's files.

    Of a photo the largest size. Empty when the answer shows no file.
    """
    messages = result if isinstance(result, list) else [result]
    file_ids = [_file_id(message) for message in messages if isinstance(message, dict)]
    return [file_id for file_id in file_ids if file_id]


def message_ids_from(result: Any) -> list[int]:
    """The ids of an album's messages in the `result` of a sending call; else empty."""
    messages = result if isinstance(result, list) else []
    ids = [message.get("message_id") for message in messages if isinstance(message, dict)]
    return [number for number in ids if isinstance(number, int) and 0 < number <= MAX_ID]


def _reference(file: File, number: int) -> str:
    return file.file_id or f"attach://{_field(number)}"


def _field(number: int) -> str:
    return f"file{number}"


def _as_it_is(file: File, uploading: bool) -> dict[str, Any]:
    """A document stays one, also when it is a picture: its `file_id` must be a document's."""
    if file.kind == "document" and uploading:
        return {"disable_content_type_detection": True}
    return {}


def _file_id(message: dict[str, Any]) -> str | None:
    # `document` before `animation`: of a GIF the answer has both, and the id must be of what was
    # sent.
    for kind in _ANSWERED:
        sizes = message.get(kind)
        sizes = sizes if isinstance(sizes, list) else [sizes]
        sizes = [size for size in sizes if _is_file(size)]
        if sizes:
            return str(max(sizes, key=_area)["file_id"])
    return None


def _is_file(size: Any) -> bool:
    """An answer is whatever somebody wrote on the way: an id that no database takes is none."""
    file_id = size.get("file_id") if isinstance(size, dict) else None
    return isinstance(file_id, str) and len(file_id) <= 255 and file_id.isascii()


def _area(size: dict[str, Any]) -> int:
    sides = (size.get("width"), size.get("height"))
    return math.prod(side for side in sides if isinstance(side, int))
