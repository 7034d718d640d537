"""What others wrote, made harmless for a terminal and for the lines of a log.

Escape sequences can rename a terminal's window, fill its clipboard or hide lines; overrides of the
writing direction show another text than the one that is there; a carriage return writes over it.
"""

import json
import re

# C0 but tab and line end, DEL, C1; separators of lines; embeddings, overrides, isolates and the
# deprecated marks of bidirectional text; halves of surrogate pairs, which no encoding takes.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ud800-\udfff]")


def printable(text: str) -> str:
    """The text, with `\\x1b` or `\\u202e` in place of what a terminal would act upon.

    Tabs and line ends stay.
    """
    return _UNSAFE.sub(_escaped, text)


def one_line(text: str) -> str:
    """The same in one line: white space is one space, so that nobody forges a line of a list."""
    return printable(" ".join(text.split()))


def as_json(document: object, *, ascii_only: bool = False) -> str:
    """JSON in which these characters are escaped; letters stay readable unless `ascii_only`.

    What JSON does not know, such as times, becomes its `str`.
    """
    dumped = json.dumps(document, ensure_ascii=ascii_only, default=str)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", dumped)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
