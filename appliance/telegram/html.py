"""Telegram's HTML, read as Telegram reads it.

`parse` follows TDLib's `parse_html`: the same tags, the same leniency, the same error words, with
byte offsets into the UTF-8 form of the input. `render` goes the other way, for a browser.
"""

import re
from dataclasses import dataclass, replace
from html.entities import html5
from typing import NoReturn

from appliance.errors import localized, localized_plural
from appliance.telegram.entities import Entity, canonical, to_utf16
from appliance.telegram.limits import ENTITIES
from appliance.telegram.render import render
from appliance.telegram.urls import LinkError, checked_link, mentioned_user

__all__ = ["Entity", "EntityError", "Loss", "losses", "parse", "render"]

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
    "a": "text_link",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TEXT = re.compile(r"[^<&]+")
_REFERENCE = re.compile(r"&(?:#x(?P<hex>[0-9A-Fa-f]+)|#(?P<dec>[0-9]+)|(?P<name>[A-Za-z]+));?")
# TDLib takes NUL for the end of the text and counts it, with these, as a space.
_NAME = re.compile(r"[^ \t\r\n\x00\x0b>]*")
_SPACES = re.compile(r"[ \t\r\n\x0b]*")
_ATTRIBUTE = re.compile(r"[^ \t\r\n\x00\x0b=>/\"']*")
_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_DATE_FORMAT = re.compile(r"[rR]|[tTdDwW]*")
_MAX_INT32 = 2**31 - 1


class EntityError(ValueError):
    """The markup is refused; `message` is Telegram's description, without `Bad Request: `."""

    def __init__(self, reason: str, *, byte_offset: int, offset: int) -> None:
        self.message = localized("can't parse entities: {reason}", reason=reason)
        super().__init__(self.message)
        self.byte_offset = byte_offset
        self.offset = offset


def parse(html: str) -> tuple[str, tuple[Entity, ...]]:
    """The text without its markup, as Telegram would keep it, and its entities.

    Entities count UTF-16 units and are sorted, the outer before the inner. White space around the
    text is gone; the text may be empty. Raises EntityError.
    """
    text, entities = _Parser(html).run()
    text, entities = canonical(text, entities)
    return text, to_utf16(text, entities)


@dataclass(frozen=True, slots=True)
class Loss:
    """Something in the markup that Telegram passes over without a word."""

    message: str
    offset: int


def losses(html: str) -> tuple[Loss, ...]:
    """What of the markup will not be there, in order. Raises EntityError."""
    parser = _Parser(html)
    _, entities = canonical(*parser.run())
    found = parser.losses
    if len(entities) > ENTITIES:
        found.append(_beyond(parser.tags))
    return tuple(sorted(found, key=lambda loss: loss.offset))


def _beyond(tags: list[int]) -> Loss:
    message = localized_plural(
        "Telegram formats only the first {count} place of a text: what follows would be plain",
        "Telegram formats only the first {count} places of a text: what follows would be plain",
        count=ENTITIES,
    )
    return Loss(message, tags[min(ENTITIES, len(tags) - 1)])


@dataclass(slots=True)
class _Tag:
    name: str
    begin: int
    """Where the tag stands in the input."""
    offset: int = 0
    """Where its content begins in the text."""
    argument: str = ""
    date: int = 0


class _Parser:
    """One pass over the input; `at` is the place in it, `length` that in the text so far."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.at = 0
        self.length = 0
        self.parts: list[str] = []
        self.open: list[_Tag] = []
        self.entities: list[Entity] = []
        self.code_languages: dict[int, str] = {}
        self.tags: list[int] = []
        self.losses: list[Loss] = []

    def run(self) -> tuple[str, tuple[Entity, ...]]:
        if (broken := _first_surrogate(self.html)) is not None:
            self._fail(localized("Strings must be encoded in UTF-8"), broken)
        while self.at < len(self.html):
            self._step()
        if self.open:
            tag = self.open[-1]
            reason = localized(
                'Can\'t find end tag corresponding to start tag "{tag}"', tag=tag.name
            )
            self._fail(reason, tag.begin)
        return "".join(self.parts), tuple(self.entities)

    def _step(self) -> None:
        character = self.html[self.at]
        if character == "<":
            if self._peek(1) == "/":
                self._end_tag()
            else:
                self._start_tag()
        elif character == "&":
            self._append(self._reference() or self._take_one())
        else:
            self._append(self._take(_TEXT))

    def _append(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def _start_tag(self) -> None:
        begin = self.at
        self.at += 1
        name = self._take(_NAME).lower()
        if self._ended():
            self._fail(
                localized("Unclosed start tag at byte offset {at}", at=self._byte(begin)), begin
            )
        if name not in _TYPES:
            at = self._byte(begin)
            reason = localized('Unsupported start tag "{tag}" at byte offset {at}', tag=name, at=at)
            self._fail(reason, begin)
        tag = _Tag(name, begin, self.length)
        while self._peek() != ">":
            self._take(_SPACES)
            if self._peek() != ">":
                self._attribute(tag)
        self.at += 1
        if name == "span" and tag.argument != "spoiler":
            reason = localized(
                'Tag "span" must have class "tg-spoiler" at byte offset {at}', at=self._byte(begin)
            )
            self._fail(reason, begin)
        self.open.append(tag)
        self.tags.append(begin)

    def _attribute(self, tag: _Tag) -> None:
        name = self._take(_ATTRIBUTE)
        if not name:
            reason = localized(
                'Empty attribute name in the tag "{tag}" at byte offset {at}',
                tag=tag.name,
                at=self._byte(tag.begin),
            )
            self._fail(reason, tag.begin)
        self._take(_SPACES)
        if self._peek() != "=":
            self._check_closed(tag)
            _set_attribute(tag, name, "")
            return
        self.at += 1
        self._take(_SPACES)
        self._check_closed(tag)
        value = self._quoted() if self._peek() in "'\"" else self._token()
        if self._ended():
            at = self._byte(tag.begin)
            self._fail(localized("Unclosed start tag at byte offset {at}", at=at), tag.begin)
        _set_attribute(tag, name, value)

    def _check_closed(self, tag: _Tag) -> None:
        if self._ended():
            at = self._byte(tag.begin)
            reason = localized(
                'Unclosed start tag "{tag}" at byte offset {at}', tag=tag.name, at=at
            )
            self._fail(reason, tag.begin)

    def _token(self) -> str:
        begin = self.at
        value = self._take(_TOKEN).lower()
        if not self._ended() and self._peek() not in " \t\r\n\x0b>":
            reason = localized(
                "Unexpected end of name token at byte offset {at}", at=self._byte(begin)
            )
            self._fail(reason, begin)
        return value

    def _quoted(self) -> str:
        quote = self._take_one()
        value = []
        while not self._ended() and self._peek() != quote:
            value.append(self._reference() or self._take_one())
        if not self._ended():
            self.at += 1
        return "".join(value)

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            self._fail(
                localized("Unexpected end tag at byte offset {at}", at=self._byte(begin)), begin
            )
        self.at += 2
        name = self._take(_NAME).lower()
        self._take(_SPACES)
        if self._peek() != ">":
            self._fail(
                localized("Unclosed end tag at byte offset {at}", at=self._byte(begin)), begin
            )
        tag = self.open[-1]
        if name and name != tag.name:
            reason = localized(
                'Unmatched end tag at byte offset {at}, expected "</{tag}>", found "</{found}>"',
                at=self._byte(begin),
                tag=tag.name,
                found=name,
            )
            self._fail(reason, begin)
        self.at += 1
        self.open.pop()
        # An entity over nothing is none: `<b></b>` leaves no trace.
        if self.length > tag.offset:
            self._close(tag)

    def _close(self, tag: _Tag) -> None:
        entity = Entity(_TYPES[tag.name], tag.offset, self.length - tag.offset)
        match tag.name:
            case "a":
                self._close_link(tag, entity)
            case "pre" | "code":
                self._close_monospace(tag, entity)
            case "tg-emoji":
                self._close_emoji(tag, entity)
            case "tg-time":
                self._close_time(tag, entity)
            case "blockquote" if tag.argument:
                self.entities.append(replace(entity, type="expandable_blockquote"))
            case _:
                self.entities.append(entity)

    def _close_link(self, tag: _Tag, entity: Entity) -> None:
        """A link that leads nowhere is plain text, as in Telegram."""
        # Without `href` the text itself is the address, as in Telegram.
        url = tag.argument or "".join(self.parts)[tag.offset :]
        user_id = mentioned_user(url)
        if user_id is not None:
            self.entities.append(replace(entity, type="text_mention", user_id=user_id))
            return
        try:
            self.entities.append(replace(entity, url=checked_link(url)))
        except LinkError as error:
            message = localized("Telegram drops this link: {reason}", reason=str(error))
            self.losses.append(Loss(message, tag.begin))

    def _close_monospace(self, tag: _Tag, entity: Entity) -> None:
        """`<pre><code class="language-x">` is one entity; so is the other way round."""
        last = self.entities[-1] if self.entities else None
        same_place = last and (last.offset, last.length) == (entity.offset, entity.length)
        language = self.code_languages.get(len(self.entities) - 1, "")
        if last and same_place and tag.name == "pre" and last.type == "code" and language:
            self.entities[-1] = replace(last, type="pre", language=language)
        elif last and same_place and tag.name == "code" and last.type == "pre" and tag.argument:
            self.entities[-1] = replace(last, language=tag.argument)
        else:
            if tag.name == "code" and tag.argument:
                self.code_languages[len(self.entities)] = tag.argument
            self.entities.append(entity)

    def _close_emoji(self, tag: _Tag, entity: Entity) -> None:
        if not re.fullmatch(r"-?\d{1,19}", tag.argument) or int(tag.argument) == 0:
            self._fail(localized("Invalid custom emoji identifier specified"), tag.begin)
        self.entities.append(replace(entity, custom_emoji_id=str(int(tag.argument))))

    def _close_time(self, tag: _Tag, entity: Entity) -> None:
        if not _DATE_FORMAT.fullmatch(tag.argument):
            self._fail(localized("Invalid date format used"), tag.begin)
        if 0 < tag.date <= _MAX_INT32:
            self.entities.append(
                replace(entity, unix_time=tag.date, date_time_format=tag.argument or None)
            )

    def _reference(self) -> str:
        """The character that `&…;` at this place stands for; "" if it stands for none."""
        match = _REFERENCE.match(self.html, self.at)
        if not match:
            return ""
        character = _NAMED.get(match["name"] or "") or self._numbered(match)
        if character:
            self.at = match.end()
        elif match[0].removeprefix("&") in html5:
            written = match[0]
            message = localized("Telegram prints {written} as it stands", written=written)
            self.losses.append(Loss(message, match.start()))
        return character

    def _numbered(self, match: re.Match[str]) -> str:
        digits = match["hex"] or match["dec"]
        # TDLib gives up on references of ten characters and more, without the semicolon.
        if not digits or len(match[0].rstrip(";")) >= 10:
            return ""
        code = int(digits, 16 if match["hex"] else 10)
        if 0xD800 <= code <= 0xDFFF:
            reason = localized(
                "Text contains invalid Unicode characters after decoding HTML entities, check for"
                " unmatched surrogate code units"
            )
            self._fail(reason, match.start())
        return chr(code) if 0 < code < 0x10FFFF else ""

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.html, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def _take_one(self) -> str:
        self.at += 1
        return self.html[self.at - 1]

    def _peek(self, ahead: int = 0) -> str:
        return self.html[self.at + ahead : self.at + ahead + 1]

    def _ended(self) -> bool:
        return self._peek() in ("", "\x00")

    def _byte(self, offset: int) -> int:
        return len(self.html[:offset].encode("utf-8", "surrogatepass"))

    def _fail(self, reason: str, offset: int) -> NoReturn:
        raise EntityError(reason, byte_offset=self._byte(offset), offset=offset)


def _set_attribute(tag: _Tag, name: str, value: str) -> None:
    match tag.name, name:
        case ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "format"):
            tag.argument = value
        case ("blockquote", "expandable"):
            tag.argument = "1"
        case ("code", "class") if value.startswith("language-"):
            tag.argument = value.removeprefix("language-")
        case ("span", "class") if value.startswith("tg-"):
            tag.argument = value.removeprefix("tg-")
        case ("tg-time", "unix"):
            match = re.match(r"-?\d+", value)
            tag.date = int(match[0]) if match else 0


def _first_surrogate(text: str) -> int | None:
    match = re.search("[\ud800-\udfff]", text)
    return match.start() if match else None
