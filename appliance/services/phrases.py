"""What the bot says, by key and language, from `locales/bot.<language>.json`.

Phrases are Telegram's HTML. Values put into them are escaped, so a name cannot become markup.
"""

import json
from functools import cache
from html import escape
from importlib.resources import files

LANGUAGES = ("en", "ru")


def choose(language: str | None, default: str) -> str:
    """The language to speak to somebody whose client says `language`: it, or `default`."""
    subtag = (language or "").lower().split("-")[0]
    return subtag if subtag in LANGUAGES else default


def phrase(language: str, key: str, **values: object) -> str:
    """The phrase with its `{names}` filled in. Raises KeyError: no such language, key or value."""
    escaped = {name: escape(str(value), quote=False) for name, value in values.items()}
    return catalog(language)[key].format_map(escaped)


@cache
def catalog(language: str) -> dict[str, str]:
    """Every phrase of a language. Raises KeyError."""
    if language not in LANGUAGES:
        raise KeyError(language)
    source = files("appliance") / "locales" / f"bot.{language}.json"
    phrases: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return phrases
