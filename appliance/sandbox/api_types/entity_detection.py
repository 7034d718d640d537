"""Commands, mentions, hashtags, addresses and links that Telegram finds in a text by itself."""

import re
from collections.abc import Iterable, Iterator

from appliance.telegram.entities import Entity, in_order

_PATTERNS = {
    "url": re.compile(
        r"(?<![\w@])(?:https?://[^\s<>\"]+"
        r"|(?:[a-z0-9-]+\.)+(?:com|org|net|ru|io|me|dev|info|eu|uk|de|app|xyz)(?::\d+)?(?:/[^\s<>\"]*)?"
        r"(?![\w@.-]*@)(?!\w))",
        re.I,
    ),
    "email": re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]+\.)+[a-z]{2,}(?!\w)", re.I),
    "bot_command": re.compile(
        r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])"
    ),
    "mention": re.compile(r"(?<![\w`@/.])@[A-Za-z0-9_]{3,32}(?!\w)"),
    "hashtag": re.compile(r"(?<!\w)#(?!\d+\b)\w{1,256}"),
}
_MARKS = re.compile(r"[@/#.]")
_CLOSED = frozenset({"pre", "code", "text_link", "text_mention", "custom_emoji", "date_time"})
"""Telegram detects nothing inside these."""


def add_detected(text: str, entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The given entities and those detected between them; all count code points."""
    entities = tuple(entities)
    if not _MARKS.search(text):
        return entities
    closed = [entity for entity in entities if entity.type in _CLOSED]
    detected = list(_find(text, closed))
    # One that would cross formatting is left out rather than cut.
    fitting = [new for new in detected if not any(_cross(new, old) for old in entities)]
    return tuple(in_order([*entities, *fitting]))


def _find(text: str, present: list[Entity]) -> Iterator[Entity]:
    for type_, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            covered = match[0].rstrip(".,:;!?)'") if type_ == "url" else match[0]
            new = Entity(type_, match.start(), len(covered))
            if not any(new.offset < old.end and old.offset < new.end for old in present):
                present.append(new)
                yield new


def _cross(new: Entity, old: Entity) -> bool:
    if new.end <= old.offset or old.end <= new.offset:
        return False
    inside = old.offset <= new.offset and new.end <= old.end
    around = new.offset <= old.offset and old.end <= new.end
    return not inside and not around
