"""Small pictures that can be decoded."""

import struct
import zlib
from io import BytesIO

from PIL import Image


def picture(kind: str = "JPEG", width: int = 16, height: int = 16) -> bytes:
    """One of a single colour, of this format: JPEG, PNG or WEBP."""
    file = BytesIO()
    # A bit a pixel where the format has it: the largest ones are made in no time.
    Image.new("1" if kind == "PNG" else "L", (width, height), 1).save(file, kind)
    return file.getvalue()


def with_size(png: bytes, width: int, height: int) -> bytes:
    """A PNG file whose header gives this size; its pixels are those of `png`."""
    header = b"IHDR" + struct.pack(">II", width, height) + png[24:29]
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]


JPEG = picture()
