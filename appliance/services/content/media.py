"""Files to be sent: taken in, kept once by content in HOME/data/media, found for a broadcast.

`keep` copies the file, which is slow, and opens no transaction; `record` writes its row. A file
without a row is a copy nobody uses; a row without a file cannot be.
"""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from mimetypes import guess_type
from pathlib import Path
from typing import IO, Any

from sqlalchemy.orm import Session

from appliance.crud import media as media_crud
from appliance.errors import Invalid, Localized, TryLater, Unavailable, localized
from appliance.models import Media
from appliance.services.content import KINDS, pictures

MEGABYTE = 1024 * 1024
LIMITS = {"photo": 10 * MEGABYTE, "document": 50 * MEGABYTE, "video": 50 * MEGABYTE}
"""Bytes that Telegram takes of an upload."""

_CHUNK = 256 * 1024
_HEAD = 16  # bytes that tell a picture
_NAMELESS = {"photo": "photo.jpg", "document": "file", "video": "video.mp4"}
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that lies in the folder."""

    kind: str
    sha256: str
    name: str
    size: int


def folder(data: Path) -> Path:
    """Where the files are, by their SHA-256; `data` is the data folder of the home."""
    return data / "media"


def keep(data: Path, kind: str, file: IO[bytes], name: str | None = None) -> Kept:
    """Copy a file into the folder, flushed to the disk, whole or not at all.

    Raises Invalid: no such kind, empty, too large, no photo that Telegram takes; TryLater: no room;
    Unavailable: the folder cannot be used.
    """
    if kind not in KINDS:
        message = localized(
            "unknown kind of file {kind!r}: expected photo, document or video", kind=kind
        )
        raise Invalid.at("kind", message)
    file_name = _shown_name(name, kind)
    place = folder(data)
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = place / f".{secrets.token_hex(8)}"
        try:
            sha256, size = _copy(file, temporary, kind, file_name)
            if kind == "photo":
                _check_photo(temporary, file_name)
            # Over what may be there: it has the same content, and its age begins anew, which keeps
            # it from the clean-up until it has its row.
            temporary.replace(place / sha256)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        # The name is on the disk only then: after a power cut a row must not name a file that is
        # gone.
        _flush_folder(place)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = localized(
            "the file {name} cannot be stored: {reason}", name=file_name, reason=reason
        )
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise (TryLater if full else Unavailable)(message) from None
    return Kept(kind, sha256, file_name, size)


def guess_kind(file: IO[bytes], name: str | None) -> str:
    """What somebody means who sends this file; its position stays as it is.

    A picture that Telegram takes as a photo, a video by its name, else a document.
    """
    start = file.tell()
    head = file.read(_HEAD)
    size = file.seek(0, os.SEEK_END) - start
    file.seek(start)
    if _is_picture(head) and size <= LIMITS["photo"]:
        content = BytesIO(file.read())
        file.seek(start)
        if pictures.find_fault(content, "") is None:
            return "photo"
    return "video" if (guess_type(name or "")[0] or "") == "video/mp4" else "document"


def record(session: Session, file: Kept) -> Media:
    """The row of a kept file; the same content and kind have one row. In a writing transaction."""
    return media_crud.add(
        session, sha256=file.sha256, kind=file.kind, name=file.name, size=file.size
    )


def described(media: Sequence[Media]) -> list[dict[str, Any]]:
    """As a broadcast keeps its files."""
    return [{"id": item.id, "kind": item.kind} for item in media]


def _copy(file: IO[bytes], to: Path, kind: str, name: str) -> tuple[str, int]:
    digest, size, limit = hashlib.sha256(), 0, LIMITS[kind]
    # `O_EXCL`: never through a link that somebody put there.
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        while chunk := file.read(_CHUNK):
            # At the first chunk: a wrong file of 10 MB need not be written to be refused.
            if size == 0 and kind == "photo" and not _is_picture(chunk[:_HEAD]):
                raise Invalid.at("file", _no_picture(name))
            size += len(chunk)
            if size > limit:
                raise Invalid.at("file", _too_large(name, kind, limit))
            digest.update(chunk)
            target.write(chunk)
        if size == 0:
            raise Invalid.at("file", localized("the file {name} is empty", name=name))
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest(), size


def _check_photo(file: Path, name: str) -> None:
    with file.open("rb") as content:
        fault = pictures.find_fault(content, name)
    if fault is not None:
        raise Invalid.at("file", fault)


def _flush_folder(place: Path) -> None:
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_picture(head: bytes) -> bool:
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or head[:4] + head[8:12] == b"RIFFWEBP"
    )


def _shown_name(name: str | None, kind: str) -> str:
    return clean_name(name) or _NAMELESS[kind]


def clean_name(name: str | None) -> str:
    """The last part of a path of any system, as people may see it; perhaps nothing is left."""
    last = re.split(r"[/\\]", name or "")[-1]
    # Signs that turn the direction of writing make `gpj.exe` look like `exe.jpg`.
    last = _UNPRINTABLE.sub("", last).strip().lstrip(".")
    stem, dot, suffix = last.rpartition(".")
    return f"{stem[:200]}{dot}{suffix[:20]}" if dot else last[:200]


def _no_picture(name: str) -> Localized:
    return localized(
        "{name} is not a JPEG, PNG or WebP: Telegram accepts it as a document, not as a photo",
        name=name,
    )


def _too_large(name: str, kind: str, limit: int) -> Localized:
    megabytes = limit // MEGABYTE
    if kind == "photo":
        return localized(
            "{name} is larger than {megabytes} MB, Telegram's limit for photos",
            name=name,
            megabytes=megabytes,
        )
    return localized(
        "{name} is larger than {megabytes} MB, Telegram's limit for files",
        name=name,
        megabytes=megabytes,
    )
