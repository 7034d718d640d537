"""What a message came with, also where the update was forged."""

import pytest

from appliance.services.inbox.context import MAX_NAME, MAX_QUOTE, forwarded_from, quoted


@pytest.mark.parametrize(
    "origin",
    [None, 5, "x", [], {}],
)
def test_no_forward(origin):
    assert forwarded_from({"forward_origin": origin}) == forwarded_from({}) == ""


@pytest.mark.parametrize(
    "origin",
    [
        {"type": "moon"},
        {"type": "user", "sender_user": 5},
        {"type": "user", "sender_user": {"first_name": 5, "username": []}},
        {"type": "hidden_user", "sender_user_name": None},
    ],
)
def test_a_forward_of_somebody_who_is_not_named(origin):
    assert forwarded_from({"forward_origin": origin}) == "?"


def test_long_names_and_quotes_are_cut():
    name = forwarded_from({"forward_origin": {"sender_user_name": "x" * 500}})
    assert (len(name), name[-1]) == (MAX_NAME, "…")
    assert len(quoted({}, "x" * 500)) == MAX_QUOTE


@pytest.mark.parametrize("quote", [None, 5, {}, {"text": None}, {"text": "  "}])
def test_without_a_marked_part_all_of_it_is_answered(quote):
    assert quoted({"quote": quote}, "a\nb") == "a b"
    assert quoted({"quote": quote}, "") == ""


def test_an_answer_to_something_elsewhere_without_words():
    assert quoted({"external_reply": {"origin": {"sender_user_name": "Boris"}}}, "") == "Boris"
    assert quoted({"external_reply": {"origin": 5}}, "") == ""
