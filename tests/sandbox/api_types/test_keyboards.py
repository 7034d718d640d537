"""Keyboards: the shapes that pass, and the words for those that do not."""

import json
from typing import Any

import pytest

from appliance.sandbox.api_types.keyboards import inline_markup_of, markup_of
from appliance.sandbox.protocol.errors import ApiError
from appliance.sandbox.protocol.parameters import Parameters


def markup(value: Any) -> Any:
    return markup_of(Parameters({"reply_markup": value}))


def inline(*buttons: Any) -> dict[str, Any]:
    return {"inline_keyboard": [list(buttons)]}


@pytest.mark.parametrize(
    "value",
    [
        inline({"text": "a", "callback_data": "x" * 64}),
        inline({"text": "a", "callback_data": "ж" * 32}),
        inline({"text": "a", "url": "https://example.com/"}),
        {"keyboard": [[{"text": "a"}]], "resize_keyboard": True},
        {"remove_keyboard": True},
        {"force_reply": True},
    ],
)
def test_shapes_that_pass(value):
    assert markup(value) == value
    assert markup(json.dumps(value)) == value


@pytest.mark.parametrize("value", [None, "", "null", {}, {"inline_keyboard": []}])
def test_no_keyboard(value):
    assert markup(value) is None


def test_buttons_are_tidied():
    assert markup({"keyboard": [["a"], []]}) == {"keyboard": [[{"text": "a"}]]}
    button = {"text": "a", "url": "Example.com", "callback_data": None}
    assert markup(inline(button)) == inline({"text": "a", "url": "http://example.com/"})


@pytest.mark.parametrize(
    ("value", "description"),
    [
        ("{", "can't parse reply keyboard markup JSON object"),
        ([], "object expected as reply markup"),
        (inline({"text": "a", "callback_data": "x" * 65}), "BUTTON_DATA_INVALID"),
        (inline({"text": "a", "callback_data": "ж" * 33}), "BUTTON_DATA_INVALID"),
        (inline({"text": "a", "callback_data": ""}), "BUTTON_DATA_INVALID"),
        (
            inline({"text": "a"}),
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            inline("a"),
            "can't parse inline keyboard button: InlineKeyboardButton must be an Object",
        ),
        (
            inline({"callback_data": "a"}),
            "can't parse inline keyboard button: Can't find field \"text\"",
        ),
        (
            inline({"text": "a", "callback_data": 5}),
            'can\'t parse inline keyboard button: Field "callback_data" must be of type String',
        ),
        (
            inline({"text": "a", "url": "http://localhost:8080"}),
            "inline keyboard button URL 'http://localhost:8080' is invalid: Wrong HTTP URL",
        ),
        (inline({"text": " ", "url": "e.com"}), "keyboard button text must be non-empty"),
        (
            {"inline_keyboard": {}},
            'field "inline_keyboard" must be of type Array',
        ),
        (
            {"inline_keyboard": [{"text": "a"}]},
            'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
        ),
        (
            {"keyboard": [[5]]},
            "can't parse keyboard button: KeyboardButton must be a String or an Object",
        ),
    ],
)
def test_shapes_that_are_refused(value, description):
    with pytest.raises(ApiError) as caught:
        markup(value)
    assert caught.value.description == f"Bad Request: {description}"


def test_an_edit_takes_inline_keyboards_only():
    with pytest.raises(ApiError, match="inline keyboard expected"):
        inline_markup_of(Parameters({"reply_markup": {"remove_keyboard": True}}))


def test_what_telegram_cuts_off_in_silence():
    press = {"text": "a", "callback_data": "a"}
    nameless = {"text": "", "url": "nowhere"}
    assert markup(inline(nameless)) is None
    rows = markup({"inline_keyboard": [[press] * 13, [nameless], *[[press] * 12] * 25]})
    assert [len(row) for row in rows["inline_keyboard"]] == [12] * 25
