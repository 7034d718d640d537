"""The lines of a CSV file, whichever program wrote it: UTF-8 or UTF-16, with any line ends."""

import codecs
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import BinaryIO

MAX_LINE = 64 * 1024  # bytes of UTF-8
_PIECE = 64 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines in UTF-8 without their ends; one over MAX_LINE is cut, and still too long.

    What is not UTF-16 stays as it is: whoever reads a line says that it is not UTF-8.
    """
    pieces = _pieces(file)
    first = next(pieces, b"")
    # Old programs for the Mac end a line with a carriage return alone.
    end = b"\r" if b"\r" in first and b"\n" not in first else b"\n"
    open_line = b""
    for piece in chain([first], pieces):
        *whole, open_line = (open_line + piece).split(end)
        yield from (_cut(line) for line in whole)
        # Read on to its end, a piece in memory, or the rest of a long line would count as lines of
        # its own.
        open_line = open_line[: MAX_LINE + 2]
    if open_line:
        yield _cut(open_line)


def _cut(line: bytes) -> bytes:
    return line[: MAX_LINE + 2].rstrip(b"\r\n")


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """The file in UTF-8, if it is UTF-16 (Excel's "Unicode text"); else as it is."""
    pieces = iter(partial(file.read, _PIECE), b"")
    first = next(pieces, b"")
    if not first.startswith(_UTF16):
        yield first
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for piece in chain([first], pieces):
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()
