"""What the program says is chosen by language, filled with values, and translated where it can."""

import pytest

from appliance.errors import localized, localized_plural
from appliance.services.i18n.catalog import choose, phrase, translate


def test_what_is_missing_is_an_error():
    for language, key in (("en", "no such phrase"), ("de", "help"), ("en", "welcome")):
        with pytest.raises(KeyError):
            phrase(language, key)
    with pytest.raises(KeyError):
        translate(localized("log in first"), "de")


@pytest.mark.parametrize(
    ("language", "chosen"),
    [("ru", "ru"), ("ru-RU", "ru"), ("EN-us", "en"), ("de", "ru"), (None, "ru"), ("", "ru")],
)
def test_the_default_speaks_to_everybody_else(language, chosen):
    assert choose(language, "ru") == chosen


def test_errors_are_translated_with_their_parts():
    said = localized(
        "broadcast {id} is {status}: it cannot be {done}", id=7, status="paused", done="resumed"
    )
    assert said == "broadcast 7 is paused: it cannot be resumed"
    assert translate(said, "ru") == "рассылка 7 на паузе: её нельзя продолжить"
    assert translate(said, "en") == said


def test_errors_agree_with_their_count():
    def limited(count):
        return localized_plural(
            "{count} field instead of 5", "{count} fields instead of 5", count=count
        )

    shown = {count: translate(limited(count), "ru") for count in (0, 1, 3, 6, 21)}
    assert shown == {
        0: "0 полей вместо 5",
        1: "1 поле вместо 5",
        3: "3 поля вместо 5",
        6: "6 полей вместо 5",
        21: "21 поле вместо 5",
    }
    assert [translate(limited(count), "en") for count in (1, 21)] == [
        "1 field instead of 5",
        "21 fields instead of 5",
    ]


def test_what_people_wrote_is_not_translated():
    said = localized("unknown option {name}", name="paused")
    assert translate(said, "ru") == "параметр paused неизвестен"
    assert translate("a plain {string}", "ru") == "a plain {string}"


def test_what_has_no_translation_stays():
    assert translate(localized("nobody {verb} this", verb="knows"), "ru") == "nobody knows this"
    plural = localized_plural("{count} nobody", "{count} nobodies", count=2)
    assert translate(plural, "ru") == "2 nobodies"
