"""Tables: aligned, one line a row whatever is in it."""

from appliance.cli.layout.tables import WIDEST, table


def test_columns():
    assert table(("ID", "NAME", "N"), [(7, "Ann", 1.5), (12, None, None)]) == (
        "ID  NAME    N\n 7  Ann   1.5\n12"
    )


def test_without_a_heading():
    assert table(None, [("a", 1)]) == "a  1"


def test_a_name_cannot_forge_a_row():
    assert table(None, [("Eve\n 7  done\x1b[2J", "x")]) == "Eve 7 done\\x1b[2J  x"


def test_long_texts_are_cut():
    assert table(None, [("x" * 500,)]) == "x" * (WIDEST - 1) + "…"
