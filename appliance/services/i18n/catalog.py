"""What the program says to people, in their language.

The bot's phrases are chosen by key (`phrases.py`). They are Telegram's HTML; values put into them
are escaped, so a name cannot become markup.

Errors are plain text. They are made in English where they happen (`errors.localized`) and
translated here when they leave for somebody who reads another language.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from html import escape
from typing import cast

from appliance.errors import Localized
from appliance.languages import CATALOGUES, ENGLISH, LANGUAGES
from appliance.services.i18n.phrases import PHRASES
from appliance.services.i18n.words import WORDS, Word


def choose(language: str | None, default: str) -> str:
    """The language to speak to somebody whose client says `language`: it, or `default`."""
    subtag = (language or "").lower().split("-")[0]
    return subtag if subtag in LANGUAGES else default


def phrase(language: str, key: str, **values: object) -> str:
    """The phrase with its `{names}` filled in. Raises KeyError: no such language, key or value.

    A phrase with a plural agrees with its value `count`.
    """
    _, text, plural = PHRASES[key]
    catalogue = _catalogue(language)
    if plural is None:
        text = catalogue.pgettext(key, text)
    else:
        text = catalogue.npgettext(key, text, plural, cast(int, values["count"]))
    escaped = {name: escape(str(value), quote=False) for name, value in values.items()}
    return text.format_map(escaped)


def translate(message: str, language: str) -> str:
    """An error's message in a language; as it is, where nothing is known of its template."""
    catalogue = _catalogue(language)
    if not isinstance(message, Localized):
        return message
    if message.plural is None:
        template = catalogue.gettext(message.template)
    else:
        count = cast(int, message.values["count"])
        template = catalogue.ngettext(message.template, message.plural, count)
    values = {name: _value(name, value, language) for name, value in message.values.items()}
    return template.format_map(values)


def word(kind: str, value: str, language: str) -> str:
    """The word for a value of a kind ("status": "paused"); the value where there is none."""
    return _catalogue(language).pgettext(kind, value) if Word(kind, value) in WORDS else value


def _value(name: str, value: object, language: str) -> object:
    """A text of the program is translated, a word of it too; all else stays."""
    if isinstance(value, Localized):
        return translate(value, language)
    kind = name.rpartition("_")[2]
    return word(kind, value, language) if isinstance(value, str) else value


@cache
def _catalogue(language: str) -> NullTranslations:
    """Where it has no translation, the English text is the answer. Raises KeyError."""
    if language == ENGLISH:
        return NullTranslations()
    with CATALOGUES[language].open("rb") as file:
        return GNUTranslations(file)
