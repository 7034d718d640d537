"""Formatting entities of a Telegram text, and how Telegram puts them in order.

Inside this module offsets and lengths count code points; `to_utf16` and `from_utf16` change them
at the edge, where Telegram counts UTF-16 units. The rules are those of TDLib's `MessageEntity.cpp`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
MONOSPACE = frozenset({"pre", "code"})
HIDDEN = frozenset({"text_link", "text_mention"})
"""They carry what cannot be seen in the text, so they may stand on white space alone."""

_CLOSED = MONOSPACE | {"date_time"}
"""Nothing stands inside them, and they stand inside quotes only."""

FORMATTING = frozenset({*SPLITTABLE, *QUOTES, *MONOSPACE, "text_link"})
"""What a bot can pass on of somebody's message: Telegram detects addresses, #tags and /commands in
a text by itself, and mentions of people without a username and custom emoji a bot may not send."""

# Which of two entities over the same characters stands outside: TDLib's order.
_PRIORITY = {
    "blockquote": 0,
    "expandable_blockquote": 0,
    "pre": 10,
    "code": 20,
    "date_time": 30,
    "text_link": 49,
    "text_mention": 49,
    "bold": 90,
    "italic": 91,
    "underline": 92,
    "strikethrough": 93,
    "spoiler": 94,
    "custom_emoji": 99,
}
_SPACE = " \n"
_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f]")
# Telegram takes these out: carriage returns, bidirectional overrides and three combining marks
# that can be piled up over other lines.
_REMOVED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")


@dataclass(frozen=True, slots=True)
class Entity:
    """A range of a text with a meaning; the fields after `length` belong to some types only."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None
    user_id: int | None = None
    custom_emoji_id: str | None = None
    unix_time: int | None = None
    date_time_format: str | None = None

    @property
    def end(self) -> int:
        return self.offset + self.length

    def as_dict(self) -> dict[str, Any]:
        """The entity as the Bot API writes it."""
        document = {key: value for key, value in asdict(self).items() if value is not None}
        user_id = document.pop("user_id", None)
        if user_id is not None:
            document["user"] = {"id": user_id, "is_bot": False, "first_name": ""}
        return document


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def to_utf16(text: str, entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The same entities counted in UTF-16 units."""
    # Most texts have no character of two units, and then there is nothing to count.
    if not text or max(text) <= "\uffff":
        return tuple(entities)
    place = [0]
    for character in text:
        place.append(place[-1] + 1 + (character > "\uffff"))
    return tuple(
        replace(e, offset=place[e.offset], length=place[e.end] - place[e.offset]) for e in entities
    )


def from_utf16(text: str, entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The same entities counted in code points.

    Raises ValueError, in Telegram's words, for one that leaves the text or cuts a character.
    """
    units = {0: 0}
    total = 0
    for index, character in enumerate(text, start=1):
        total += 1 + (character > "\uffff")
        units[total] = index
    return tuple(_count_code_points(entity, text, units, total) for entity in entities)


def _count_code_points(entity: Entity, text: str, units: dict[int, int], total: int) -> Entity:
    if entity.offset > total:
        raise ValueError(
            f"Entity begins after the end of the text at UTF-16 offset {entity.offset}"
        )
    if entity.end > total:
        raise ValueError(
            f"Entity beginning at UTF-16 offset {entity.offset} ends after the end of the text"
            f" at UTF-16 offset {entity.end}"
        )
    for place, what in (
        (entity.offset, "Entity begins"),
        (entity.end, f"Entity beginning at UTF-16 offset {entity.offset} ends"),
    ):
        if place not in units:
            byte = len(text[: units[place + 1]].encode("utf-8", "surrogatepass"))
            raise ValueError(f"{what} in a middle of a UTF-16 symbol at byte offset {byte}")
    return replace(
        entity, offset=units[entity.offset], length=units[entity.end] - units[entity.offset]
    )


def canonical(text: str, entities: Iterable[Entity]) -> tuple[str, tuple[Entity, ...]]:
    """The text and entities as Telegram keeps them.

    Control characters become spaces, white space around the text and entities over nothing but
    white space go, overlapping entities are cut so that all of them nest.
    """
    text, kept = _clean(text, _settle(entities))
    kept = _settle(_shrink(text, kept))
    end = len(text.rstrip(_SPACE))
    kept = [replace(e, length=min(e.end, end) - e.offset) for e in kept if e.offset < end]
    start = min(len(text) - len(text.lstrip(_SPACE)), kept[0].offset if kept else end, end)
    moved = _settle(replace(entity, offset=entity.offset - start) for entity in kept)
    return text[start:end], tuple(moved)


def in_order(entities: Iterable[Entity]) -> list[Entity]:
    """By place, the outer before the inner."""
    return sorted(entities, key=lambda e: (e.offset, -e.length, _PRIORITY.get(e.type, 50)))


def _clean(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    text = _CONTROL.sub(" ", text)
    if not _REMOVED.search(text):
        return text, entities
    place = [0]
    for character in text:
        place.append(place[-1] + (not _REMOVED.match(character)))
    moved = [
        replace(e, offset=place[e.offset], length=place[e.end] - place[e.offset]) for e in entities
    ]
    return _REMOVED.sub("", text), moved


def _shrink(text: str, entities: list[Entity]) -> list[Entity]:
    """Without white space where an entity begins, and without entities over nothing else."""
    kept = []
    for entity in entities:
        if entity.type not in HIDDEN:
            covered = text[entity.offset : entity.end]
            skipped = len(covered) - len(covered.lstrip(_SPACE))
            entity = replace(entity, offset=entity.offset + skipped, length=entity.length - skipped)
        kept.append(entity)
    return kept


def _settle(entities: Iterable[Entity]) -> list[Entity]:
    """Make the entities nest and not repeat; those that do so already stay as they are."""
    ordered = in_order(entity for entity in entities if entity.length > 0)
    # As TDLib does: what nests already is not cut or joined, also where that would look the same.
    if _nests(ordered):
        return ordered
    # Quotes first: they win over all that crosses them, and the rest is cut at their edges.
    quotes = _without_overlap(e for e in ordered if e.type in QUOTES)
    solid = _without_overlap(e for e in ordered if e.type not in QUOTES and not _splittable(e))
    solid = [e for e in solid if not any(_crosses(e, quote) for quote in quotes)]
    return in_order([*quotes, *solid, *_split(ordered, [*quotes, *solid])])


def _splittable(entity: Entity) -> bool:
    return entity.type in SPLITTABLE


def _nests(ordered: Sequence[Entity]) -> bool:
    around: list[Entity] = []
    last_end: dict[str, int] = {}
    for entity in ordered:
        while around and around[-1].end <= entity.offset:
            around.pop()
        if around and not _may_stand_in(entity, around):
            return False
        if _splittable(entity) and last_end.get(entity.type) == entity.offset:
            return False
        last_end[entity.type] = entity.end
        around.append(entity)
    return True


def _may_stand_in(entity: Entity, around: Sequence[Entity]) -> bool:
    types = {outer.type for outer in around}
    if entity.end > around[-1].end or entity.type in types:
        return False
    # Whatever stands in formatting is split again, as TDLib does even where all of it nests.
    if types & (_CLOSED | set(SPLITTABLE)):
        return False
    if entity.type in _CLOSED or entity.type in QUOTES:
        return types <= QUOTES and not (entity.type in QUOTES and types)
    return _splittable(entity) or types <= QUOTES


def _without_overlap(ordered: Iterable[Entity]) -> list[Entity]:
    kept: list[Entity] = []
    for entity in ordered:
        if not kept or entity.offset >= kept[-1].end:
            kept.append(entity)
    return kept


def _crosses(entity: Entity, quote: Entity) -> bool:
    apart = entity.end <= quote.offset or quote.end <= entity.offset
    inside = quote.offset <= entity.offset and entity.end <= quote.end
    return not apart and not inside


def _split(ordered: Sequence[Entity], solid: Sequence[Entity]) -> list[Entity]:
    """The splittable entities, cut wherever one of them begins and a solid one begins or ends.

    Those of a type are joined where they touch. So all that are open somewhere begin at the same
    place, and therefore nest.
    """
    joined = [
        (type_, start, end)
        for type_ in SPLITTABLE
        for start, end in _joined(e for e in ordered if e.type == type_)
    ]
    cuts = {place for entity in solid for place in (entity.offset, entity.end)}
    cuts |= {start for _, start, _ in joined}
    closed = [entity for entity in solid if entity.type in _CLOSED]
    pieces = []
    for type_, start, end in joined:
        edges = [start, *sorted(cut for cut in cuts if start < cut < end), end]
        pieces += [
            Entity(type_, left, right - left)
            for left, right in pairwise(edges)
            if not any(entity.offset <= left and right <= entity.end for entity in closed)
        ]
    return pieces


def _joined(ordered: Iterable[Entity]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for entity in ordered:
        if ranges and entity.offset <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], entity.end))
        else:
            ranges.append((entity.offset, entity.end))
    return ranges
