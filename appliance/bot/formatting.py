"""What somebody wrote in Telegram, with its bold and its links, as the text of a broadcast."""

from collections.abc import Iterable

from telebot.types import Message, MessageEntity

from appliance.telegram.entities import Entity, utf16_length
from appliance.telegram.render import render

# What Telegram finds by itself (addresses, #tags, /commands) it finds again; a mention of somebody
# without a name and custom emoji are not a bot's to send.
_KEPT = frozenset(
    {
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "code",
        "pre",
        "text_link",
        "blockquote",
        "expandable_blockquote",
    }
)

_BROWSER = ' target="_blank" rel="noopener noreferrer nofollow"'  # no concern of Telegram's


def written(message: Message, after: str = "") -> tuple[str, str] | None:
    """The text behind `after`, with which it begins, and its format; None: it has no text.

    Entities that leave the text (a broken client) are left out.
    """
    if not message.text or not message.text.startswith(after):
        return None
    text = message.text[len(after) :]
    gone = utf16_length(after)
    size = utf16_length(text)
    kept = tuple(_moved(entity, gone) for entity in _formatting(message.entities or ()))
    kept = tuple(e for e in kept if e.offset >= 0 and e.length > 0 and e.offset + e.length <= size)
    try:
        html = render(text, kept).replace(_BROWSER, "")
        return (html, "html") if kept else (text, "plain")
    except ValueError:  # an offset in the middle of an emoji
        return text, "plain"


def _formatting(entities: Iterable[MessageEntity]) -> Iterable[MessageEntity]:
    return (entity for entity in entities if entity.type in _KEPT)


def _moved(entity: MessageEntity, gone: int) -> Entity:
    return Entity(
        entity.type,
        entity.offset - gone,
        entity.length,
        url=entity.url,
        language=entity.language,
    )
