"""What the program says to people, in their language.

The bot's phrases are chosen by key, from `locales/bot.<language>.json`. They are Telegram's HTML;
values put into them are escaped, so a name cannot become markup.

Errors are said in English where they happen (`errors.localized`) and translated here
when they leave for somebody who reads another language, from `locales/errors.<language>.json`: a
template for each English template, and words for values of `{names}` such as a status, in
plain text.
"""

import json
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from appliance.errors import Localized

LANGUAGES = ("en", "ru")


def choose(language: str | None, default: str) -> str:
    """The language to speak to somebody whose client says `language`: it, or `default`."""
    subtag = (language or "").lower().split("-")[0]
    return subtag if subtag in LANGUAGES else default


def phrase(language: str, key: str, **values: object) -> str:
    """The phrase with its `{names}` filled in. Raises KeyError: no such language, key or value."""
    escaped = {name: escape(str(value), quote=False) for name, value in values.items()}
    return catalog(language)[key].format_map(escaped)


def translate(message: str, language: str) -> str:
    """An error's message in a language; as it is, where it was not said or has no translation."""
    if not isinstance(message, Localized):
        return message
    template = error_catalog(language)["templates"].get(message.template)
    if template is None:
        return message
    values = {name: _value(name, value, language) for name, value in message.values.items()}
    return str(template).format_map(values)


def word(kind: str, value: str, language: str) -> str:
    """The word for a value of a kind ("status": "paused"); the value itself, where none is known.

    A kind is the `{name}` of a template: `{status}` is filled with the words of that kind.
    """
    return str(error_catalog(language)["words"].get(kind, {}).get(value, value))


@cache
def catalog(language: str) -> dict[str, str]:
    """Every phrase of a language. Raises KeyError."""
    if language not in LANGUAGES:
        raise KeyError(language)
    phrases: dict[str, str] = _read(f"bot.{language}.json")
    return phrases


@cache
def error_catalog(language: str) -> Mapping[str, dict[str, Any]]:
    """`templates` and `words` of a language; both are empty for English. Raises KeyError."""
    if language not in LANGUAGES:
        raise KeyError(language)
    if language == "en":
        return {"templates": {}, "words": {}}
    errors: dict[str, dict[str, Any]] = _read(f"errors.{language}.json")
    return errors


def _value(name: str, value: object, language: str) -> object:
    """A part that was said itself is translated, a word of the program too; all else stays."""
    if isinstance(value, Localized):
        return translate(value, language)
    return word(name, value, language) if isinstance(value, str) else value


def _read(name: str) -> Any:
    return json.loads((files("appliance") / "locales" / name).read_text(encoding="utf-8"))
