"""Telegram's lenient types."""

import pytest

from appliance.sandbox.protocol.errors import ApiError
from appliance.sandbox.protocol.parameters import Parameters


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        *((value, True) for value in (True, "True", "1", 1, "yes", " true ")),
        *((value, False) for value in (False, "false", "0", "", None, "on")),
    ],
)
def test_flags(value, flag):
    assert Parameters({"x": value}).flag("x") is flag


@pytest.mark.parametrize(
    ("value", "number"),
    [(5, 5), ("5", 5), ("-5", -5), (" 5 ", 5), ("5.0", None), ("", None), (True, None)],
)
def test_numbers(value, number):
    assert Parameters({"x": value}).number("x") == number


def test_text_of_anything():
    values = Parameters({"a": 5, "b": True, "c": {"d": 1}, "e": None})
    assert [values.text(name) for name in "abcef"] == ["5", "true", '{"d": 1}', "", ""]


def test_json_of_a_text():
    values = Parameters({"a": "[1]", "b": " ", "c": "null", "d": [1], "e": "["})
    assert [values.json(name, "") for name in "abcd"] == [[1], None, None, [1]]
    with pytest.raises(ApiError, match="Bad Request: words"):
        values.json("e", "Words")
