"""How much of a message Telegram takes, beyond the length of its text."""

from collections.abc import Iterable

from appliance.telegram.entities import Entity

SOURCE_BYTES = 32_768
"""A text with its markup, before it is parsed; more is refused."""

ENTITIES = 100
"""What stands in a text after so many entities is not formatted, and nobody is told."""

ENTITIES_BYTES = 9_500
"""All entities of a text together, about; more is refused."""

ROW_BUTTONS = 12
BUTTONS = 300
"""In one row, and in all; the rest is cut off, and nobody is told."""

_PLAIN_BYTES = 12  # an entity's type, offset and length
_MORE_BYTES = 8  # an id or a time


def size_of(entities: Iterable[Entity]) -> int:
    """The bytes of the entities as Telegram's clients write them."""
    return sum(map(_size, entities))


def _size(entity: Entity) -> int:
    words = entity.url or entity.language
    extra = _written(words) if words else 0
    numbers = (entity.user_id, entity.custom_emoji_id, entity.unix_time)
    return _PLAIN_BYTES + extra + _MORE_BYTES * sum(number is not None for number in numbers)


def _written(text: str) -> int:
    """A string's bytes: its length before it, padded to four."""
    length = len(text.encode("utf-8", "surrogatepass"))
    return -(-(length + (1 if length < 254 else 4)) // 4) * 4
