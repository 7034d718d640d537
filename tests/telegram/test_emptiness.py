"""Texts that Telegram, or a reader, takes for empty."""

import pytest

from appliance.telegram.emptiness import is_empty, looks_blank


@pytest.mark.parametrize(
    "text", ["", " \n", "\u200b\u200f", "\u00a0", "\ufeff", "\u2800", "\U000e0041"]
)
def test_nothing_for_telegram_is_nothing_for_a_reader(text):
    assert is_empty(text)
    assert looks_blank(text)


@pytest.mark.parametrize("text", ["\u3164", "\u2060", "\u00ad", "\ufe0f", "\uffa0"])
def test_what_telegram_sends_but_nobody_sees(text):
    assert not is_empty(text)
    assert looks_blank(text)


@pytest.mark.parametrize("text", ["x", "\u200bx", "👍", "я", "."])
def test_what_is_seen(text):
    assert not is_empty(text)
    assert not looks_blank(text)
