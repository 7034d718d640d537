"""What every sender's JSON is read as, and how its parts are looked at: they may be anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Alert:
    """Plain text of any length; `title` may be empty."""

    title: str
    text: str


def word(source: Any, *path: str) -> str:
    """The text or number at `path` of nested objects; empty where there is none."""
    for name in path:
        source = source.get(name) if isinstance(source, Mapping) else None
    if isinstance(source, bool) or not isinstance(source, str | int | float):
        return ""
    return str(source).strip()


def objects(source: Any) -> list[Mapping[str, Any]]:
    """Those of a list; none where it is no list."""
    return (
        [item for item in source if isinstance(item, Mapping)] if isinstance(source, list) else []
    )


def lines(*parts: str) -> str:
    """Those that say something, one below the other."""
    return "\n".join(part for part in parts if part)


def paragraphs(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)
