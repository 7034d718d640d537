"""What a spreadsheet takes a cell of a CSV for.

A cell that begins like a formula is one to them, and strangers choose their names: exports put an
apostrophe before it, which a spreadsheet does not show, and imports take it away again.
"""

from collections.abc import Mapping

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def cells(line: Mapping[str, object]) -> dict[str, object]:
    """A line whose texts are texts; numbers stay what they are."""
    return {name: defused(v) if isinstance(v, str) else v for name, v in line.items()}


def defused(text: str) -> str:
    return f"'{text}" if text.lstrip("'").startswith(_FORMULAS) else text


def restored(text: str) -> str:
    """What `defused` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULAS) else text
