"""What is made for a webhook of Discord: `content`, `embeds`."""

from collections.abc import Mapping
from typing import Any

from appliance.services.alerts.alert import Alert, lines, objects, paragraphs, word


def read(document: Mapping[str, Any]) -> Alert | None:
    embeds = objects(document.get("embeds"))
    if not embeds and not word(document, "content"):
        return None
    text = paragraphs([word(document, "content"), *(_told(embed) for embed in embeds)])
    return Alert(word(document, "username"), text)


def _told(embed: Mapping[str, Any]) -> str:
    fields = [f"{word(f, 'name')}: {word(f, 'value')}" for f in objects(embed.get("fields"))]
    return lines(
        word(embed, "author", "name"),
        word(embed, "title"),
        word(embed, "url"),
        word(embed, "description"),
        *fields,
        word(embed, "footer", "text"),
    )
