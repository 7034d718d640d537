"""The shapes: strict, bounded, and clear about what cannot be stored."""

import json

import pytest
from pydantic import ValidationError

from appliance import schemas

DRAFT = {"text": "Hello", "audience": {"to": ["all"]}}


def read(model, value):
    return model.model_validate_json(json.dumps(value))


def places(model, value):
    with pytest.raises(ValidationError) as caught:
        read(model, value)
    return {".".join(map(str, fault["loc"])): fault["msg"] for fault in caught.value.errors()}


def test_defaults_of_a_draft():
    draft = read(schemas.NewBroadcast, DRAFT)
    assert draft.format == "plain" and draft.key is None
    assert draft.audience.not_ == []
    assert draft.options_given() == {}


def test_only_what_differs_is_stored():
    options = {"silent": True, "link_preview": True, "buttons": [[{"text": "A", "url": "u"}]]}
    draft = read(schemas.Draft, {**DRAFT, "options": options})
    assert draft.options_given() == {"silent": True, "buttons": [[{"text": "A", "url": "u"}]]}


@pytest.mark.parametrize(
    "options",
    [{"silent": 0}, {"silent": "true"}, {"silent": None}, {"protected": 1}, {"buttons": {}}],
)
def test_json_types_are_taken_at_their_word(options):
    assert places(schemas.Draft, {**DRAFT, "options": options})


def test_false_is_no_integer_and_one_is_no_truth():
    class Counted(schemas.Request):
        number: int

    assert places(Counted, {"number": False})
    assert places(Counted, {"number": "1"})
    assert places(schemas.UserPatch, {"disabled": 1})


def test_what_cannot_be_stored_is_named_with_its_place():
    faults = places(schemas.ProfilePatch, {"name": "ab\0c"})
    assert "U+0000 at 2" in faults["name"]
    with pytest.raises(ValidationError, match=r"U\+D800 at 0"):
        schemas.ProfilePatch(name="\ud800")


def test_lengths_are_bounded():
    long = {"email": "x" * 256, "password": "x" * 1001, "name": "x" * 256}
    assert set(places(schemas.Registration, long)) == {"email", "password", "name"}
    assert set(places(schemas.Draft, {**DRAFT, "text": "x" * 64_001})) == {"text"}
    words = {"to": ["all"] * 1001}
    assert set(places(schemas.Draft, {**DRAFT, "audience": words})) == {"audience.to"}


def test_a_name_nobody_knows_is_a_fault():
    assert set(places(schemas.UserPatch, {"rolle": "admin"})) == {"rolle"}


def test_words_of_an_address_are_read_as_numbers():
    query = schemas.ChatQuery.model_validate({"limit": "7", "linked": "true"})
    assert (query.limit, query.linked) == (7, True)
    with pytest.raises(ValidationError):
        schemas.ChatQuery.model_validate({"limit": "0"})


def test_times_are_utc():
    item = schemas.MemberMessage(
        id="m1", kind="in", text="", html="", state=None, at="2026-01-02T03:04:05Z"
    )
    assert '"at":"2026-01-02T03:04:05Z"' in item.model_dump_json()
