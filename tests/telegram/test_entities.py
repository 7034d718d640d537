"""Entities: how they are counted, made to nest, and kept within the text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.telegram.entities import (
    MONOSPACE,
    SPLITTABLE,
    Entity,
    canonical,
    from_utf16,
    to_utf16,
)

TYPES = [*SPLITTABLE, *MONOSPACE, "blockquote", "text_link", "custom_emoji"]


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


def test_an_entity_in_the_middle_of_a_symbol_is_refused():
    with pytest.raises(ValueError, match="cuts a UTF-16 symbol"):
        from_utf16("😀", [Entity("bold", 1, 1)])
    with pytest.raises(ValueError, match="begins after the end"):
        from_utf16("x", [Entity("bold", 5, 1)])
    with pytest.raises(ValueError, match="ends after the end"):
        from_utf16("x", [Entity("bold", 0, 2)])


def test_counting_there_and_back():
    entities = (Entity("bold", 0, 1), Entity("italic", 1, 2))
    units = to_utf16("😀x😀", entities)
    assert shape(units) == [("bold", 0, 2), ("italic", 2, 5)]
    assert from_utf16("😀x😀", units) == entities


@given(st.data())
@settings(deadline=None)
def test_any_ranges_come_out_nested_and_settled(data):
    text = data.draw(st.text(alphabet="xя😀 \n\r\t", max_size=12))
    ranges = []
    for _ in range(data.draw(st.integers(0, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        ranges.append(Entity(data.draw(st.sampled_from(TYPES)), start, end - start))
    kept, entities = canonical(text, ranges)
    for number, outer in enumerate(entities):
        assert 0 <= outer.offset < outer.end <= len(kept)
        for inner in entities[number + 1 :]:
            assert inner.offset >= outer.end or inner.end <= outer.end
    assert canonical(kept, entities) == (kept, entities)
