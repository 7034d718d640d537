"""Entities: how they are counted, made to nest, and kept within the text."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.telegram.entities import (
    MONOSPACE,
    SPLITTABLE,
    Entity,
    canonical,
    from_utf16,
    to_utf16,
)

TYPES = [*SPLITTABLE, *MONOSPACE, "blockquote", "text_link", "custom_emoji", "date_time"]


def shape(entities: tuple[Entity, ...]) -> list[tuple[str, int, int]]:
    return [(entity.type, entity.offset, entity.end) for entity in entities]


def settled(*ranges: tuple[str, int, int]) -> list[tuple[str, int, int]]:
    given_ = [Entity(type_, start, end - start) for type_, start, end in ranges]
    return shape(canonical("x" * 20, given_)[1])


def test_touching_ones_of_a_kind_are_joined():
    assert settled(("bold", 0, 5), ("bold", 5, 9), ("bold", 3, 7)) == [("bold", 0, 9)]


def test_crossing_formatting_is_cut_at_a_link():
    assert settled(("bold", 0, 6), ("text_link", 4, 9)) == [
        ("bold", 0, 4),
        ("text_link", 4, 9),
        ("bold", 4, 6),
    ]


def test_formatting_inside_monospace_goes():
    assert settled(("code", 2, 6), ("bold", 0, 9)) == [
        ("bold", 0, 2),
        ("code", 2, 6),
        ("bold", 6, 9),
    ]


def test_of_two_links_over_each_other_the_first_stays():
    assert settled(("text_link", 0, 5), ("text_link", 3, 8)) == [("text_link", 0, 5)]


def test_a_link_that_crosses_a_quote_goes():
    assert settled(("blockquote", 0, 5), ("text_link", 3, 8)) == [("blockquote", 0, 5)]


# What comes of some texts by TDLib's own tests (`fix_formatted_text`).
@pytest.mark.parametrize(
    ("text", "given", "kept", "expected"),
    [
        ("abc", [("italic", 0, 2), ("bold", 2, 3)], "abc", None),
        ("abc", [("italic", 0, 1), ("italic", 2, 3)], "abc", None),
        ("abc", [("italic", 0, 2), ("italic", 1, 3)], "abc", [("italic", 0, 3)]),
        (
            "abc",
            [("italic", 0, 2), ("bold", 1, 3)],
            "abc",
            [("italic", 0, 1), ("bold", 1, 3), ("italic", 1, 2)],
        ),
        (
            "ab",
            [("underline", 0, 2), ("strikethrough", 1, 2)],
            "ab",
            [("underline", 0, 1), ("underline", 1, 2), ("strikethrough", 1, 2)],
        ),
        (
            "ab",
            [("strikethrough", 0, 2), ("underline", 1, 2)],
            "ab",
            [("strikethrough", 0, 1), ("underline", 1, 2), ("strikethrough", 1, 2)],
        ),
        (
            "ab",
            [("underline", 0, 1), ("underline", 1, 2), ("spoiler", 0, 1)],
            "ab",
            [("underline", 0, 2), ("spoiler", 0, 1)],
        ),
        (
            "a\rb",
            [("bold", 0, 1), ("italic", 0, 1), ("bold", 2, 3), ("italic", 2, 3)],
            "ab",
            [("bold", 0, 2), ("italic", 0, 2)],
        ),
        (
            "a\nb",
            [("bold", 0, 1), ("italic", 0, 1), ("bold", 2, 3), ("italic", 2, 3)],
            "a\nb",
            None,
        ),
        ("a", [("pre", 0, 1), ("spoiler", 0, 1)], "a", [("pre", 0, 1)]),
        ("abc", [("pre", 0, 3), ("blockquote", 1, 2)], "abc", [("blockquote", 1, 2)]),
        ("abc", [("blockquote", 0, 3), ("pre", 1, 2)], "abc", None),
        ("a ", [("italic", 0, 2), ("bold", 0, 1)], "a", [("bold", 0, 1), ("italic", 0, 1)]),
        ("abc", [("bold", 0, 3), ("date_time", 1, 2)], "abc", [
            ("bold", 0, 1), ("date_time", 1, 2), ("bold", 2, 3)]),
    ],
)  # fmt: skip
def test_vectors(text, given, kept, expected):
    """`expected` None: they stay as they are."""
    ranges = [Entity(type_, start, end - start) for type_, start, end in given]
    found, entities = canonical(text, ranges)
    assert (found, shape(entities)) == (kept, expected or given)


def test_an_entity_in_the_middle_of_a_symbol_is_refused():
    with pytest.raises(ValueError, match="begins in a middle of a UTF-16 symbol at byte offset 4"):
        from_utf16("😀", [Entity("bold", 1, 1)])
    with pytest.raises(ValueError, match=r"offset 0 ends in a middle of .* at byte offset 6"):
        from_utf16("я😀", [Entity("bold", 0, 2)])
    with pytest.raises(ValueError, match="begins after the end"):
        from_utf16("x", [Entity("bold", 5, 1)])
    with pytest.raises(ValueError, match="ends after the end"):
        from_utf16("x", [Entity("bold", 0, 2)])


def test_counting_there_and_back():
    entities = (Entity("bold", 0, 1), Entity("italic", 1, 2))
    units = to_utf16("😀x😀", entities)
    assert shape(units) == [("bold", 0, 2), ("italic", 2, 5)]
    assert from_utf16("😀x😀", units) == entities


@st.composite
def formatted_texts(draw):
    text = draw(st.text(alphabet="xя😀 \n\r\t", max_size=12))
    ranges = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, len(text)))
        ranges.append(Entity(draw(st.sampled_from(TYPES)), start, end - start))
    return text, ranges


@given(formatted_texts())
@example(("xxx", [Entity("bold", 1, 2), Entity("italic", 0, 2)]))
@example(("xxxx", [Entity("bold", 0, 2), Entity("italic", 1, 2), Entity("spoiler", 1, 3)]))
@settings(deadline=None)
def test_any_ranges_come_out_nested_and_settled(formatted):
    text, ranges = formatted
    kept, entities = canonical(text, ranges)
    for number, outer in enumerate(entities):
        assert 0 <= outer.offset < outer.end <= len(kept)
        for inner in entities[number + 1 :]:
            assert inner.offset >= outer.end or inner.end <= outer.end
    assert canonical(kept, entities) == (kept, entities)
