"""Rich messages, flattened to their words."""

import pytest

from appliance.services.inbox.rich_text import plain

BOLD = {"type": "bold", "text": ["to", {"type": "italic", "text": "morrow"}]}


def paragraph(text):
    return {"type": "paragraph", "text": text}


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([paragraph("Hello")], "Hello"),
        (
            [{"type": "heading", "size": 1, "text": "Hi"}, paragraph(["See you ", BOLD])],
            "Hi\nSee you tomorrow",
        ),
        ([paragraph([{"type": "custom_emoji", "alternative_text": "🎉"}, "!"])], "🎉!"),
        ([{"type": "mathematical_expression", "expression": "a^2"}], "a^2"),
        (
            [
                {
                    "type": "list",
                    "items": [
                        {"label": "1.", "blocks": [paragraph("Milk"), paragraph("(two)")]},
                        {"label": "2.", "blocks": []},
                    ],
                }
            ],
            "1. Milk\n(two)\n2.",
        ),
        (
            [
                {
                    "type": "table",
                    "cells": [[{"text": "a"}, {"text": BOLD}], [{}, {"text": "c"}]],
                    "caption": "Prices",
                }
            ],
            "a | tomorrow\n | c\nPrices",
        ),
        ([{"type": "details", "summary": "More", "blocks": [paragraph("x")]}], "More\nx"),
        ([{"type": "blockquote", "blocks": [paragraph("x")], "credit": "Bo"}], "x\nBo"),
        ([{"type": "photo", "caption": {"text": "at sea", "credit": "Bo"}}], "at sea\nBo"),
        ([{"type": "divider"}, {"type": "of the future", "text": "still read"}], "still read"),
    ],
)
def test_a_block_is_a_line(blocks, words):
    assert plain({"blocks": blocks}) == words


@pytest.mark.parametrize(
    "nonsense",
    [None, 5, [], {}, {"blocks": 5}, {"blocks": [5, None, {"text": {"text": 5}, "items": [5]}]}],
)
def test_nonsense_has_no_words(nonsense):
    assert plain(nonsense) == ""


def test_what_is_nested_deeper_than_anybody_writes_is_left_out():
    deep = "x"
    for _ in range(5000):
        deep = [deep]
    assert plain({"blocks": [paragraph(deep), paragraph("y")]}) == "y"
