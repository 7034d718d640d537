"""`{first_name}` and its like: found in a text, and filled in for each recipient.

`{first_name|friend}` has a default for people without one, `{{first_name}}` is the words
themselves. Braces around anything that is no name stay as they are, so that what a program sends
(JSON, a traceback) needs no care.
"""

import re
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import quote

from appliance.crud.broadcasts.recipients import Person
from appliance.errors import localized
from appliance.telegram.emptiness import looks_blank

LENGTHS = {"first_name": 64, "last_name": 64, "username": 32, "name": 129}
"""The longest value of each, in code points: Telegram's limits. `name` is first and last name."""

_FOUND = re.compile(
    r"\{(?P<escaped>\{[A-Za-z_]\w*(?:\|[^{}\n]*)?\})\}"
    r"|\{(?P<before>\s*)(?P<name>[A-Za-z_]\w*)(?P<after>\s*)(?:\|(?P<default>[^{}\n]*))?\}",
    re.ASCII,
)
_TAG = re.compile(r"""<[A-Za-z/](?:[^<>"']|"[^"]*"|'[^']*')*>""")
_IN_ADDRESS = re.compile(
    r"""\shref\s*=\s*(?P<quote>["'])(?:https?://[^/?#\s"']+[/?#]|tg:[^"'?]*\?)"""
    r"""(?:(?!(?P=quote)).)*\Z""",
    re.DOTALL | re.IGNORECASE,
)
_OPEN_REFERENCE = re.compile(r"&#?[A-Za-z0-9]*\Z")
"""`&` and a value would together be another character."""

_UNUSABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\u2028-\u202e]")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One place to fill in; `offset` and `length` are those of its source."""

    name: str
    default: str
    offset: int
    length: int
    in_address: bool = False
    """Whether it stands in a link's address, where values are percent-encoded."""

    def value_for(self, person: Person) -> str:
        """As it is read; never longer than `LENGTHS` or the default."""
        value = _VALUES[self.name](person)[: LENGTHS[self.name]].rstrip()
        return self.default if looks_blank(value) else value


Part = str | Placeholder


class Template:
    """A text with its placeholders; `problems` are the ones that cannot be filled in."""

    def __init__(self, text: str, format: str) -> None:
        self._html = format == "html"
        self.problems: list[tuple[int, str]] = []
        self.parts: list[Part] = []
        self.masked = ""
        """The text with a letter for each character of a placeholder: same length, same markup."""
        self._read(text)
        if self._html:
            self._look_into_tags()

    @property
    def personal(self) -> bool:
        return any(isinstance(part, Placeholder) for part in self.parts)

    def fill(self, person: Person) -> str:
        """The text for one recipient; in HTML the values are escaped."""
        return "".join(
            part if isinstance(part, str) else self.written(part, part.value_for(person))
            for part in self.parts
        )

    def longest(self) -> str:
        """With the longest values there can be."""
        return "".join(
            part
            if isinstance(part, str)
            else self.written(part, max("x" * LENGTHS[part.name], part.default, key=len))
            for part in self.parts
        )

    def shortest(self) -> str:
        """For somebody without any name."""
        return self.fill(Person())

    def written(self, place: Placeholder, value: str) -> str:
        """A value as it stands in the text's source."""
        if not self._html:
            return value
        return quote(value, safe="") if place.in_address else escape(value, quote=False)

    def _read(self, text: str) -> None:
        end, masked = 0, []
        for match in _FOUND.finditer(text):
            part = self._part(match)
            if part is None:
                continue
            before = text[end : match.start()]
            hidden = isinstance(part, Placeholder)
            masked += [before, "x" * len(match[0]) if hidden else match[0]]
            self.parts += [piece for piece in (before, part) if piece]
            end = match.end()
        if rest := text[end:]:
            self.parts.append(rest)
        self.masked = "".join([*masked, rest])

    def _part(self, match: re.Match[str]) -> Part | None:
        """What stands there; None for braces that mean nothing."""
        if match["escaped"]:
            return match["escaped"]
        name, spaced = match["name"], bool(match["before"] or match["after"])
        if name in LENGTHS and not spaced:
            default = match["default"] or ""
            return Placeholder(name, default, match.start(), len(match[0]))
        if name in LENGTHS:
            problem = localized("a placeholder has no spaces in it: {{{name}}}", name=name)
            self.problems.append((match.start(), problem))
        elif not spaced:
            self.problems.append((match.start(), _unknown(name)))
        return None

    def _look_into_tags(self) -> None:
        tags = [match.span() for match in _TAG.finditer(self.masked)]
        begins = [begin for begin, _ in tags]
        for index, part in enumerate(self.parts):
            if not isinstance(part, Placeholder):
                continue
            if _OPEN_REFERENCE.search(self.masked[max(0, part.offset - 12) : part.offset]):
                self.problems.append((part.offset, _after_ampersand()))
            tag = bisect(begins, part.offset) - 1
            if tag >= 0 and part.offset < tags[tag][1]:
                self.parts[index] = replace(part, in_address=True)
                if not _IN_ADDRESS.search(self.masked[begins[tag] : part.offset]):
                    self.problems.append((part.offset, _misplaced()))
        self.problems.sort()


def _unknown(name: str) -> str:
    return localized(
        "unknown placeholder {{{name}}}: expected {{first_name}}, {{last_name}}, {{username}} or"
        " {{name}}; double braces send it as plain text",
        name=name,
    )


def _misplaced() -> str:
    return localized(
        "inside a tag, a placeholder is allowed only in a quoted address, after the site's name:"
        ' <a href="https://site.example/?who={{username}}">'
    )


def _after_ampersand() -> str:
    return localized("write & as &amp; right before a placeholder")


def _clean(value: str | None) -> str:
    return _UNUSABLE.sub("", value or "").strip()


def _full_name(person: Person) -> str:
    names = (_clean(person.first_name), _clean(person.last_name))
    return " ".join(name[: LENGTHS["first_name"]] for name in names if not looks_blank(name))


_VALUES: dict[str, Callable[[Person], str]] = {
    "first_name": lambda person: _clean(person.first_name),
    "last_name": lambda person: _clean(person.last_name),
    "username": lambda person: _clean(person.username),
    "name": _full_name,
}
