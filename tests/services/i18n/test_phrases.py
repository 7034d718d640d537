"""What the bot says is markup that Telegram takes, in every language and with any values."""

from itertools import product
from string import Formatter

from appliance.languages import LANGUAGES
from appliance.services.i18n.catalog import phrase
from appliance.services.i18n.phrases import PHRASES
from appliance.telegram import html

NASTY = "<b>&amp;</i> 👩‍👩‍👧 שלום {name}"


def fields(text):
    return [name for _, name, _, _ in Formatter().parse(text) if name]


def test_keys_are_those_of_the_phrases():
    assert all(key == one.key for key, one in PHRASES.items())


def test_phrases_are_valid_html():
    for language, (key, text, plural) in product(LANGUAGES, PHRASES.values()):
        names = fields(text)
        values = {name: NASTY for name in names if plural is None or name != "count"}
        plain, _ = html.parse(phrase(language, key, **({"count": 5} if plural else {}), **values))
        assert 0 < len(plain) < 4096, (language, key)
        assert plain.count(NASTY) == len([name for name in names if name in values]), (
            language,
            key,
        )


def test_plural_phrases_agree_with_their_count():
    counts = (1, 2, 5, 11, 21, 22, 100)
    one, few, many = "минуту", "минуты", "минут"
    expected = [one, few, many, many, one, few, many]
    waits = [phrase("ru", "code_wait", count=count) for count in counts]
    assert [wait.split(" и получите")[0].split()[-2:] for wait in waits] == [
        [str(count), form] for count, form in zip(counts, expected, strict=True)
    ]
    assert "wait 1 minute," in phrase("en", "code_wait", count=1)
    assert "wait 21 minutes," in phrase("en", "code_wait", count=21)
