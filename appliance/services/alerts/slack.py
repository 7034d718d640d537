"""What is made for an incoming webhook of Slack (or Mattermost, Rocket.Chat): text, attachments,
blocks."""

import re
from collections.abc import Mapping
from typing import Any

from appliance.services.alerts.alert import Alert, lines, objects, paragraphs, word

_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_ESCAPED = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def read(document: Mapping[str, Any]) -> Alert | None:
    attachments, blocks = objects(document.get("attachments")), objects(document.get("blocks"))
    if not attachments and not blocks:
        return None  # a `text` alone is our own field
    # Blocks say what the text says, which is what is read out where they are not shown.
    told = [_block(block) for block in blocks] if blocks else [word(document, "text")]
    told += [_attachment(attachment) for attachment in attachments]
    return Alert(word(document, "username"), _unescaped(paragraphs(told)))


def _attachment(attachment: Mapping[str, Any]) -> str:
    fields = [f"{word(f, 'title')}: {word(f, 'value')}" for f in objects(attachment.get("fields"))]
    shown = lines(
        word(attachment, "pretext"),
        word(attachment, "title"),
        word(attachment, "title_link"),
        word(attachment, "text"),
        *fields,
        *(_block(block) for block in objects(attachment.get("blocks"))),
        word(attachment, "footer"),
    )
    return shown or word(attachment, "fallback")


def _block(block: Mapping[str, Any]) -> str:
    parts = [block, *objects(block.get("fields")), *objects(block.get("elements"))]
    return lines(*(word(part, "text") or word(part, "text", "text") for part in parts))


def _unescaped(text: str) -> str:
    """Slack's links as people read them, and its three escapes."""
    text = _LINK.sub(_link, text)
    for escaped, sign in _ESCAPED:
        text = text.replace(escaped, sign)
    return text


def _link(match: re.Match[str]) -> str:
    target, label = match[1], match[2]
    if target.startswith(("!", "@", "#")):  # a mention of somebody of Slack
        return label or target
    return f"{label} ({target})" if label and label != target else target
