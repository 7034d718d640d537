"""A message somebody wrote in Telegram, with its formatting, as the text of a broadcast."""

from collections.abc import Iterable

from telebot.types import Message, MessageEntity

from appliance.telegram.entities import FORMATTING, Entity, utf16_length
from appliance.telegram.render import render

# Telegram finds them in any text by itself.
_DETECTED = frozenset(
    {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card"}
)
_BROWSER = ' target="_blank" rel="noopener noreferrer nofollow"'  # `render` adds it for browsers


def written(message: Message, after: str = "") -> tuple[str, str] | None:
    """The text that follows the prefix `after`, and its format: html or plain; None without a text.

    Entities that reach beyond the text (some clients send them) are left out.
    """
    if not message.text or not message.text.startswith(after):
        return None
    text = message.text[len(after) :]
    shift = utf16_length(after)
    size = utf16_length(text)
    entities = tuple(_moved(entity, shift) for entity in _formatting(message.entities or ()))
    entities = tuple(
        e for e in entities if e.offset >= 0 and e.length > 0 and e.offset + e.length <= size
    )
    try:
        html = render(text, entities).replace(_BROWSER, "")
        return (html, "html") if entities else (text, "plain")
    except ValueError:  # an offset in the middle of an emoji
        return text, "plain"


def left_out(message: Message) -> frozenset[str]:
    """The types of entities that `written` cannot keep."""
    return frozenset(entity.type for entity in message.entities or ()) - FORMATTING - _DETECTED


def _formatting(entities: Iterable[MessageEntity]) -> Iterable[MessageEntity]:
    return (entity for entity in entities if entity.type in FORMATTING)


def _moved(entity: MessageEntity, shift: int) -> Entity:
    return Entity(
        entity.type,
        entity.offset - shift,
        entity.length,
        url=entity.url,
        language=entity.language,
    )
