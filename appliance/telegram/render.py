"""Telegram's texts and entities as HTML that a browser may show."""

import html
import re

from appliance.telegram.entities import Entity, from_utf16, in_order

_SIMPLE = {
    "bold": ("<b>", "</b>"),
    "italic": ("<i>", "</i>"),
    "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"),
    "spoiler": ('<span class="tg-spoiler">', "</span>"),
    "code": ("<code>", "</code>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ("<blockquote expandable>", "</blockquote>"),
}
_SAFE_LINK = re.compile(r"(https?|tg|mailto):", re.I)


def render(text: str, entities: tuple[Entity, ...] = ()) -> str:
    """HTML that is safe to show in a browser and that `parse` reads back to the same.

    Everything is escaped, tags nest, links lead to http, https, tg and mailto only. Line ends stay
    line ends: show it with `white-space: pre-wrap`. Raises ValueError for an entity that leaves the
    text.
    """
    ordered = in_order(from_utf16(text, entities))
    edges = sorted({0, len(text), *(place for e in ordered for place in (e.offset, e.end))})
    output: list[str] = []
    stack: list[Entity] = []
    for start, end in zip(edges, [*edges[1:], len(text)], strict=True):
        _turn(output, stack, [e for e in ordered if e.offset <= start < e.end], text)
        output.append(html.escape(text[start:end]))
    return "".join(output)


def _turn(output: list[str], stack: list[Entity], target: list[Entity], text: str) -> None:
    """Close and open tags until exactly the wanted entities are open."""
    # Only what differs is closed and opened again, so that `<b>` over two lines stays one.
    same = 0
    while same < min(len(stack), len(target)) and stack[same] is target[same]:
        same += 1
    while len(stack) > same:
        output.append(_tags(stack.pop(), text)[1])
    for entity in target[same:]:
        stack.append(entity)
        output.append(_tags(entity, text)[0])


def _tags(entity: Entity, text: str) -> tuple[str, str]:
    covered = text[entity.offset : entity.end]
    match entity.type:
        case "pre" if entity.language:
            language = html.escape(entity.language)
            return f'<pre><code class="language-{language}">', "</code></pre>"
        case "pre":
            return "<pre>", "</pre>"
        case "text_link":
            return _link(entity.url or "")
        case "url":
            return _link(covered if "://" in covered else f"http://{covered}")
        case "email":
            return _link(f"mailto:{covered}")
        case "text_mention":
            return _link(f"tg://user?id={entity.user_id}")
        case "mention":
            return _link(f"https://t.me/{covered.removeprefix('@')}")
        case "custom_emoji":
            return f'<tg-emoji emoji-id="{_escaped(entity.custom_emoji_id)}">', "</tg-emoji>"
        case "date_time":
            shape = f' format="{_escaped(entity.date_time_format)}"'
            return f'<tg-time unix="{entity.unix_time}"{shape}>', "</tg-time>"
        case _:
            return _SIMPLE.get(entity.type, ("", ""))


def _link(url: str) -> tuple[str, str]:
    # An allow-list: `javascript:` and `data:` addresses would run as this site.
    if not _SAFE_LINK.match(url):
        return "", ""
    return f'<a href="{_escaped(url)}" target="_blank" rel="noopener noreferrer nofollow">', "</a>"


def _escaped(value: str | None) -> str:
    return html.escape(value or "")
