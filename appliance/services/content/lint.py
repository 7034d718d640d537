"""The faults of a message, each with its place, before anything is queued."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from appliance.errors import Fault, Invalid, localized, localized_plural
from appliance.services.content.html import plain
from appliance.services.content.options import lint_media, lint_options
from appliance.services.content.placeholders import Template
from appliance.telegram import html, limits
from appliance.telegram.emptiness import looks_blank

Format = Literal["plain", "html"]

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
"""Code points of a text, and of one under a file, after parsing (Bot API, sendMessage)."""

_MAX_SOURCE = 64_000  # characters of markup; far over anything that parses to 4096
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,4})?")


def check(
    text: str,
    format: str,
    options: Mapping[str, Any] | None = None,
    variants: Mapping[str, str] | None = None,
    kinds: Sequence[str] = (),
    *,
    losses: bool = True,
) -> None:
    """Raises Invalid with every fault; returns when the message can be queued."""
    Invalid.raise_for(lint_message(text, format, options, variants, kinds, losses=losses))


def lint_message(
    text: str,
    format: str,
    options: Mapping[str, Any] | None = None,
    variants: Mapping[str, str] | None = None,
    kinds: Sequence[str] = (),
    *,
    losses: bool = True,
) -> tuple[Fault, ...]:
    """Every fault of a whole message; `variants` by language, `kinds` of its files in order.

    `losses` as in `lint`.
    """
    options, variants = options or {}, variants or {}
    faults = lint(text, format, with_file=bool(kinds), losses=losses)
    if format in get_args(Format):
        for language, variant in variants.items():
            field = f"variants.{language}"
            faults += _lint_language(field, language)
            faults += lint(variant, format, field=field, with_file=bool(kinds), losses=losses)
    return faults + lint_options(options) + lint_media(kinds, options)


def lint(
    text: str,
    format: str,
    *,
    field: str = "text",
    with_file: bool = False,
    literal: bool = False,
    losses: bool = True,
) -> tuple[Fault, ...]:
    """The faults of a text (`with_file`: of a caption); empty when Telegram will take it.

    In a `literal` text braces mean nothing. Without `losses` it may have what Telegram passes over
    in silence: a message that a program sends had better arrive.
    """
    if format not in get_args(Format):
        message = localized("unknown format {format!r}: expected plain or html", format=format)
        return (Fault("format", message),)
    if (fault := _unusable(field, text)) is not None:
        return (fault,)
    # As long as before, so that offsets stay right.
    template = Template(text.replace("{", "(") if literal else text, format)
    if template.problems:
        return tuple(_fault_at(field, text, place, problem) for place, problem in template.problems)
    try:
        # Placeholders are masked, of the same length, so that an offset in it is one in the source.
        plain(template.masked, format)
    except html.EntityError as error:
        return (_fault_at(field, text, error.offset, error.message),)
    if looks_blank(plain(template.shortest(), format)) and not with_file:
        return (Fault(field, _empty(template)),)
    limit = CAPTION_LIMIT if with_file else TEXT_LIMIT
    return _lint_length(field, text, format, template, limit) or _lint_markup(
        field, text, format, template, losses
    )


def _lint_markup(
    field: str, text: str, format: str, template: Template, losses: bool
) -> tuple[Fault, ...]:
    """What is wrong with HTML that can be parsed."""
    if format != "html":
        return ()
    longest = template.longest()
    if len(longest.encode()) > limits.SOURCE_BYTES:
        message = localized(
            "the text with its markup has {given} bytes: Telegram takes {most}",
            given=len(longest.encode()),
            most=limits.SOURCE_BYTES,
        )
        # The end is where a writer has to cut, whatever the names are.
        place = len(text.encode()[: limits.SOURCE_BYTES].decode(errors="ignore"))
        return (_fault_at(field, text, place, message),)
    if limits.size_of(html.parse(longest)[1]) > limits.ENTITIES_BYTES:
        message = localized(
            "the addresses and the formatting are too long together: Telegram takes about {most}"
            " bytes of them",
            most=limits.ENTITIES_BYTES,
        )
        return (Fault(field, message),)
    found = html.losses(template.masked) if losses else ()
    return tuple(_fault_at(field, text, loss.offset, loss.message) for loss in found)


def _empty(template: Template) -> str:
    if template.personal:
        return localized("the text is empty for people without a name: add more text or a default")
    return localized("the text is empty: write a message")


def _lint_length(
    field: str, text: str, format: str, template: Template, limit: int
) -> tuple[Fault, ...]:
    longest = len(plain(template.longest(), format))
    if longest <= limit:
        return ()
    message = _too_long(longest, limit, template.personal)
    # Only there a character of the source is one of the message, which the place can point to.
    if format == "plain" and not template.personal:
        return (_fault_at(field, text, limit, message),)
    return (Fault(field, message),)


def _too_long(length: int, limit: int, personal: bool) -> str:
    if personal:
        return localized_plural(
            "the text has {count} character with the longest names: Telegram allows {limit}",
            "the text has {count} characters with the longest names: Telegram allows {limit}",
            count=length,
            limit=limit,
        )
    if limit == CAPTION_LIMIT:
        return localized_plural(
            "the text has {count} character after parsing: with a file Telegram allows {limit}",
            "the text has {count} characters after parsing: with a file Telegram allows {limit}",
            count=length,
            limit=limit,
        )
    return localized_plural(
        "the text has {count} character after parsing: Telegram allows {limit}",
        "the text has {count} characters after parsing: Telegram allows {limit}",
        count=length,
        limit=limit,
    )


def _lint_language(field: str, language: str) -> tuple[Fault, ...]:
    if _LANGUAGE.fullmatch(language):
        return ()
    message = localized(
        "invalid language code {code!r}: expected a code such as en or pt-br", code=language
    )
    return (Fault(field, message),)


def _unusable(field: str, text: str) -> Fault | None:
    if len(text) > _MAX_SOURCE:
        message = localized_plural(
            "the text has {count} character: Telegram allows {limit}",
            "the text has {count} characters: Telegram allows {limit}",
            count=len(text),
            limit=TEXT_LIMIT,
        )
        return Fault(field, message)
    for offset, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            code = f"U+{ord(character):04X}"
            message = localized("the character {code} cannot be sent", code=code)
            return _fault_at(field, text, offset, message)
    return None


def _fault_at(field: str, text: str, offset: int, message: str) -> Fault:
    before = text[:offset]
    line = before.count("\n") + 1
    column = offset - (before.rfind("\n") + 1) + 1
    return Fault(field, message, offset, line, column)
