"""What somebody wrote keeps its formatting, whatever its offsets are worth."""

import pytest
from telebot.types import Message

from appliance.bot.formatting import left_out, written

PRIVATE = {"id": 1001, "type": "private", "first_name": "Anna"}


def message(text, *entities):
    kinds = [
        {"type": kind, "offset": at, "length": size, **more} for kind, at, size, more in entities
    ]
    said = {"text": text, "entities": kinds} if text is not None else {}
    return Message.de_json({"message_id": 1, "date": 1, "chat": PRIVATE, **said})


def test_plain_stays_plain():
    assert written(message("a < b {first_name}")) == ("a < b {first_name}", "plain")
    assert written(message("see https://x.org", ("url", 4, 13, {}))) == (
        "see https://x.org",
        "plain",
    )


def test_formatting_becomes_html():
    link = ("text_link", 6, 2, {"url": "https://x.org/?a=1&b=2"})
    found = written(message("👋 <b> שלום", ("bold", 3, 3, {}), link))
    assert found == ('👋 <b>&lt;b&gt;</b><a href="https://x.org/?a=1&amp;b=2"> ש</a>לום', "html")


@pytest.mark.parametrize(
    ("offset", "length", "html"),
    [(0, 2, "<b>he</b>llo"), (3, 2, "hel<b>lo</b>"), (0, 5, "<b>hello</b>")],
)
def test_formatting_up_to_the_edges(offset, length, html):
    assert written(message("hello", ("bold", offset, length, {}))) == (html, "html")


def test_what_stands_behind_a_command():
    said = message("/broadcast 👋 all", ("bot_command", 0, 10, {}), ("bold", 14, 3, {}))
    assert written(said, "/broadcast ") == ("👋 <b>all</b>", "html")


@pytest.mark.parametrize(
    ("offset", "length"), [(1, 1), (0, 1), (50, 5), (0, 50), (-3, 5), (0, 0), (2**40, 1)]
)
def test_broken_offsets_leave_the_text(offset, length):
    assert written(message("👋 all", ("bold", offset, length, {}))) == ("👋 all", "plain")


@pytest.mark.parametrize(("offset", "length"), [(3, 50), (5, 1), (-3, 5), (3, 0), (4, 2)])
def test_a_broken_entity_beside_a_good_one(offset, length):
    entities = ("bold", 0, 2, {}), ("italic", offset, length, {})
    assert written(message("hello", *entities)) == ("<b>he</b>llo", "html")


def test_what_a_bot_cannot_pass_on_is_named():
    anna = {"user": {"id": 7, "is_bot": False, "first_name": "Anna"}}
    said = message(
        "Anna 🙂 @boris #tag x.org soon",
        ("text_mention", 0, 4, anna),
        ("custom_emoji", 5, 2, {"custom_emoji_id": "5"}),
        ("mention", 8, 6, {}),
        ("hashtag", 15, 4, {}),
        ("url", 20, 5, {}),
        ("something_new", 26, 4, {}),
        ("bold", 26, 4, {}),
    )
    assert left_out(said) == {"text_mention", "custom_emoji", "something_new"}
    assert left_out(message("plain")) == left_out(message(None)) == frozenset()


def test_no_text():
    assert written(message(None)) is None
    assert written(message("x"), "/broadcast ") is None
