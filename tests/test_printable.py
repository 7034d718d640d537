"""No character of a stranger reaches a terminal as an order."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.printable import as_json, one_line, printable

DANGEROUS = [
    "\x1b]0;title\x07",  # OSC: renames the window
    "\x1b[2J",
    "\x9b2J",  # CSI in one character
    "\x90",
    "\r",
    "\x08",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ud800",
]


@pytest.mark.parametrize("text", DANGEROUS)
def test_orders_are_shown_and_not_given(text):
    shown = printable(f"Anna{text}!")
    assert shown.isprintable()
    assert shown.startswith("Anna\\")


def test_letters_of_all_kinds_stay():
    text = "Анна\tחנה 👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 é\nвторая"
    assert printable(text) == text


def test_a_name_is_one_line():
    assert one_line("Anna\n   7  done\t x\x1b") == "Anna 7 done x\\x1b"


@given(st.text(st.characters(codec=None)))
def test_no_control_character_is_left(text):
    left = [c for c in printable(text) if unicodedata.category(c) in {"Cc", "Cs"}]
    assert set(left) <= {"\n", "\t"}


@given(st.text(st.characters(codec=None)), st.booleans())
def test_json_means_the_same_and_is_harmless(text, ascii_only):
    dumped = as_json({"name": text}, ascii_only=ascii_only)
    assert json.loads(dumped) == {"name": text}
    assert printable(dumped) == dumped
    assert dumped.isascii() or not ascii_only
