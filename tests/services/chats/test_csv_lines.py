"""Lines of a CSV file, whatever its encoding and its line ends."""

import io

from hypothesis import given
from hypothesis import strategies as st

from appliance.services.chats.csv_lines import MAX_LINE, lines

LINES = st.lists(st.text(st.characters(exclude_characters="\r\n\ufeff", codec="utf-8")), min_size=2)


@given(LINES, st.sampled_from(["utf-8", "utf-16"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_they_are_those_that_were_written(written, encoding, end):
    file = io.BytesIO("".join(line + end for line in written).encode(encoding))
    assert list(lines(file)) == [line.encode() for line in written]


def test_a_line_over_a_piece_is_whole_and_one_that_is_too_long_is_cut():
    file = io.BytesIO(b"a\n" + b"x" * MAX_LINE + b"\n" + b"y" * (3 * MAX_LINE) + b"\nb")
    found = list(lines(file))
    assert [len(line) for line in found] == [1, MAX_LINE, MAX_LINE + 2, 1]


def test_nothing():
    assert list(lines(io.BytesIO())) == []
