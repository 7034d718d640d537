"""Texts and captions: the three ways to format, and the limits."""

from typing import Any

import pytest

from appliance.sandbox.api_types.text import caption_of, text_of
from appliance.sandbox.protocol.errors import ApiError
from appliance.sandbox.protocol.parameters import Parameters


def text(**values: Any) -> tuple[str, list[dict[str, Any]]]:
    return tuple(text_of(Parameters(values)))  # type: ignore[return-value]


def test_plain_text_is_trimmed_and_searched():
    assert text(text=" /help <b> ") == (
        "/help <b>",
        [{"type": "bot_command", "offset": 0, "length": 5}],
    )


def test_html_and_what_is_found_in_it():
    assert text(text="<b>see</b> e.com", parse_mode="HTML") == (
        "see e.com",
        [{"type": "bold", "offset": 0, "length": 3}, {"type": "url", "offset": 4, "length": 5}],
    )


def test_entities_as_json_or_as_a_list():
    bold = {"type": "bold", "offset": 2, "length": 1}
    expected = ("😀x", [bold])
    assert text(text="😀x", entities=[bold]) == expected
    assert text(text="😀x", entities='[{"type":"bold","offset":2,"length":1}]') == expected


def test_entities_with_details():
    place = {"offset": 0, "length": 1}
    user = {"id": 5, "is_bot": False, "first_name": "A"}
    listed = {
        "text_link": {"url": "e.com"},
        "text_mention": {"user": user},
        "pre": {"language": "py"},
        "custom_emoji": {"custom_emoji_id": "7"},
        "date_time": {"unix_time": 5},
    }
    kept = [
        text(text="x", entities=[{"type": type_, **place, **details}])[1][0]
        for type_, details in listed.items()
    ]
    assert [entity["type"] for entity in kept] == list(listed)
    assert kept[0]["url"] == "http://e.com/"
    assert kept[1]["user"]["id"] == 5


def test_entities_that_only_telegram_adds_are_passed_over():
    assert text(text="x", entities=[{"type": "url", "offset": 0, "length": 1}]) == ("x", [])


@pytest.mark.parametrize(
    ("entities", "words"),
    [
        ([5], "expected an Object"),
        ([{"offset": 0, "length": 1}], 'Can\'t find field "type"'),
        ([{"type": "bold", "offset": "x", "length": 1}], 'Field "offset" must be a valid Number'),
        ([{"type": "bold", "offset": -1, "length": 1}], "incorrect offset -1"),
        ([{"type": "bold", "offset": 0, "length": 9}], "ends after the end of the text"),
    ],
)
def test_entities_that_are_refused(entities, words):
    with pytest.raises(ApiError, match=words) as caught:
        text(text="x", entities=entities)
    assert caught.value.code == 400


def test_other_parse_modes():
    with pytest.raises(ApiError, match="unsupported parse_mode"):
        text(text="*x*", parse_mode="MarkdownV2")
    assert text(text="<b>", parse_mode="none") == ("<b>", [])


def test_captions_may_be_empty_but_not_long():
    assert tuple(caption_of(Parameters({}))) == ("", [])
    with pytest.raises(ApiError, match="message caption is too long"):
        caption_of(Parameters({"caption": "x" * 1025}))


def refused(**values: Any) -> str:
    with pytest.raises(ApiError) as caught:
        text_of(Parameters(values))
    return caught.value.description


def test_more_bytes_than_are_parsed():
    html = "<b></b>" * 4700 + "x"
    assert refused(text=html, parse_mode="HTML") == "Bad Request: text is too long"
    assert refused(text="я" * 16_385) == "Bad Request: text is too long"


def test_more_entities_than_are_taken():
    link = f'<a href="https://a.example/{"x" * 950}">x</a> '
    assert refused(text=link * 10, parse_mode="HTML") == "Bad Request: ENTITIES_TOO_LONG"


def test_what_follows_the_hundredth_entity_is_dropped():
    assert len(text(text="<b>x</b> " * 101, parse_mode="HTML")[1]) == 100


def test_a_text_of_what_cannot_be_seen():
    assert refused(text="\u200b") == "Bad Request: text must be non-empty"
    assert caption_of(Parameters({"caption": "\u200b"})) == ("", [])


@pytest.mark.parametrize("entities", ["[", "5", {"type": "bold"}])
def test_entities_that_are_no_list_are_passed_over(entities):
    assert text(text="x", entities=entities) == ("x", [])
