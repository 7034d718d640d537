"""Cells that a spreadsheet would take for formulas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.services.spreadsheet import cells, defused, restored


@pytest.mark.parametrize("text", ["=1+1", "+7 900", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_a_text(text):
    assert defused(text) == f"'{text}"
    assert restored(defused(text)) == text


@given(st.text("'=+-@x\t", max_size=4))
def test_every_text_comes_back_and_none_begins_like_a_formula(text):
    assert restored(defused(text)) == text
    assert not defused(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_numbers_stay_numbers():
    line = {"chat_id": -1001, "title": "=x", "message_id": None}
    assert cells(line) == {"chat_id": -1001, "title": "'=x", "message_id": None}
