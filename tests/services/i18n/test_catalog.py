"""Both languages say the same things with the same values, in markup that Telegram takes."""

from string import Formatter

import pytest

from appliance.errors import localized
from appliance.services.i18n.catalog import LANGUAGES, catalog, choose, phrase, translate, word
from appliance.telegram import html

DONE = localized("resumed")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_languages_have_the_same_keys() -> None:
    assert {language: catalog(language).keys() for language in LANGUAGES} == dict.fromkeys(
        LANGUAGES, catalog("en").keys()
    )


@pytest.mark.parametrize("key", sorted(catalog("en")))
def test_languages_take_the_same_values(key: str) -> None:
    assert {language: fields(catalog(language)[key]) for language in LANGUAGES} == dict.fromkeys(
        LANGUAGES, fields(catalog("en")[key])
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_are_valid_html(language: str) -> None:
    nasty = "<b>&amp;</i> 👩‍👩‍👧 שלום {name}"
    for key, text in catalog(language).items():
        said = phrase(language, key, **dict.fromkeys(fields(text), nasty))
        plain, _ = html.parse(said)
        assert 0 < len(plain) < 4096
        assert plain.count(nasty) == text.count("{")


def test_what_is_missing_is_an_error() -> None:
    for language, key in (("en", "no such phrase"), ("de", "help"), ("en", "welcome")):
        with pytest.raises(KeyError):
            phrase(language, key)


@pytest.mark.parametrize(
    ("language", "chosen"),
    [("ru", "ru"), ("ru-RU", "ru"), ("EN-us", "en"), ("de", "ru"), (None, "ru"), ("", "ru")],
)
def test_the_default_speaks_to_everybody_else(language: str | None, chosen: str) -> None:
    assert choose(language, "ru") == chosen


def test_errors_are_translated_with_their_parts() -> None:
    said = localized(
        "broadcast {id} is {status}: it cannot be {done}", id=7, status="paused", done=DONE
    )
    assert said == "broadcast 7 is paused: it cannot be resumed"
    assert translate(said, "ru") == "рассылка 7 на паузе: её нельзя продолжить"
    assert translate(said, "en") == said


def test_what_people_wrote_is_not_translated() -> None:
    said = localized("unknown option {name}", name="paused")
    assert translate(said, "ru") == "параметр paused неизвестен"
    assert translate("a plain {string}", "ru") == "a plain {string}"


def test_what_has_no_translation_stays() -> None:
    assert translate(localized("nobody {verb} this", verb="knows"), "ru") == "nobody knows this"
    assert word("title", "Not Found", "ru") == "Не найдено"
    assert word("title", "I'm a Teapot", "ru") == "I'm a Teapot"
    assert word("nothing", "x", "ru") == word("nothing", "x", "en") == "x"
    with pytest.raises(KeyError):
        translate(DONE, "de")
