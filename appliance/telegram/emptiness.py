"""Texts in which there is nothing to see."""

import re
import unicodedata

# TDLib's `strip_empty_characters`: spaces of all kinds, and marks without a width.
_EMPTY = re.compile(
    "[\0\t\n\v\r \u00a0\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufeff\ufffc"
    "\U000e0000-\U000e007f]*"
)
# Letters and marks by category, but nothing is drawn for them: fillers and variation selectors.
_UNDRAWN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc") | {
    *map(chr, range(0x180B, 0x1810)),
    *map(chr, range(0xFE00, 0xFE10)),
}
_BLANK = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


def is_empty(text: str) -> bool:
    """Whether Telegram refuses the text as empty."""
    return _EMPTY.fullmatch(text) is not None


def looks_blank(text: str) -> bool:
    """Whether a reader sees nothing; so of everything that `is_empty`, and of more."""
    return all(
        character in _UNDRAWN or unicodedata.category(character) in _BLANK for character in text
    )
