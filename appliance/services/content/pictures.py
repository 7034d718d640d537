"""Whether Telegram takes a picture as a photo: it is decoded here, as Telegram would.

A picture that cannot be decoded, or whose sides Telegram does not take, would else be refused at
every recipient.
"""

from typing import IO

from appliance.errors import Localized, localized

MAX_SIDES = 10_000
"""Pixels of width and height together; it bounds what decoding takes: 25 million, 100 MB."""

MAX_RATIO = 20

_FORMATS = ("JPEG", "PNG", "WEBP")
_JPEG_PART = 8  # a JPEG is decoded to an eighth of its sides, which finds the same faults


def find_fault(file: IO[bytes], name: str) -> Localized | None:
    """What is wrong with a photo, from its beginning; None for one that Telegram takes."""
    from PIL import Image  # 20 ms, and few processes ever look at a picture

    Image.MAX_IMAGE_PIXELS = None  # MAX_SIDES is stricter, and says what it found
    file.seek(0)
    try:
        with Image.open(file, formats=_FORMATS) as picture:
            if fault := _fault_of_sides(*picture.size, name):
                return fault
            picture.draft(None, (picture.width // _JPEG_PART, picture.height // _JPEG_PART))
            picture.load()
    # Pillow's decoders raise what their parsing stumbles over.
    except (OSError, SyntaxError, ValueError, ArithmeticError, LookupError, EOFError, TypeError):
        return localized(
            "{name} cannot be read as a JPEG, PNG or WebP picture: Telegram accepts it as a"
            " document, not as a photo",
            name=name,
        )
    return None


def _fault_of_sides(width: int, height: int, name: str) -> Localized | None:
    if width + height > MAX_SIDES:
        return localized(
            "{name} has {width} × {height} pixels: Telegram takes photos whose width and height"
            " are at most {limit} together; send it as a document",
            name=name,
            width=width,
            height=height,
            limit=MAX_SIDES,
        )
    if max(width, height) > MAX_RATIO * min(width, height):
        return localized(
            "{name} has {width} × {height} pixels: Telegram takes photos whose one side is at most"
            " {limit} times the other; send it as a document",
            name=name,
            width=width,
            height=height,
            limit=MAX_RATIO,
        )
    return None
