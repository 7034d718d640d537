"""The plain text of a rich message, which is Telegram's text with headings, lists and tables.

It is read from the JSON itself: so blocks that telebot does not know yet are read, too, as far as
they keep their text where the known ones do.
"""

from collections.abc import Iterator
from typing import Any

_MAX_DEPTH = 50  # Telegram stops sooner; only a forged message goes deeper


def plain(rich: Any) -> str:
    """A line a block; empty for anything but a rich message."""
    return "\n".join(_of_all(rich, "blocks", _MAX_DEPTH))


def _of_all(parent: Any, name: str, depth: int) -> Iterator[str]:
    for block in _list(parent, name):
        if isinstance(block, dict) and depth > 0:
            yield from _lines(block, depth - 1)


def _lines(block: dict[str, Any], depth: int) -> Iterator[str]:
    """The block's own text, that of the blocks in it, and what stands below it."""
    yield from _said(block, "summary", "text", "expression", depth=depth)
    yield from _of_all(block, "blocks", depth)
    for item in _list(block, "items"):
        yield from _item(item, depth)
    for row in _list(block, "cells"):
        if isinstance(row, list):
            yield " | ".join(_words(cell, depth) for cell in row)
    yield from _said(block, "caption", depth=depth)
    for signed in (block.get("caption"), block):
        if isinstance(signed, dict):
            yield from _said(signed, "credit", depth=depth)


def _item(item: Any, depth: int) -> Iterator[str]:
    """An item of a list: its number or dot stands before its first line."""
    label = _words(item.get("label"), depth) if isinstance(item, dict) else ""
    first, *others = [*_of_all(item, "blocks", depth)] or [""]
    yield from filter(None, [f"{label} {first}".strip(), *others])


def _said(block: dict[str, Any], *names: str, depth: int) -> Iterator[str]:
    yield from filter(None, (_words(block.get(name), depth) for name in names))


def _words(rich: Any, depth: int) -> str:
    """A text: a string, a list of texts, or one with a style."""
    if isinstance(rich, str):
        return rich
    if depth <= 0:
        return ""
    if isinstance(rich, list):
        return "".join(_words(part, depth - 1) for part in rich)
    if not isinstance(rich, dict):
        return ""
    inner = rich.get("text") or rich.get("alternative_text") or rich.get("expression")
    return _words(inner, depth - 1)


def _list(parent: Any, name: str) -> list[Any]:
    value = parent.get(name) if isinstance(parent, dict) else None
    return value if isinstance(value, list) else []
