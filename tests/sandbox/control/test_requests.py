"""What the control API takes, and what it says of everything else."""

from typing import get_args

import pytest
from pydantic import ValidationError

from appliance.sandbox.api_types.serialize import RIGHTS
from appliance.sandbox.control.http import explain
from appliance.sandbox.control.requests import (
    AdminRight,
    ChatTitle,
    FloodLimits,
    GroupType,
    MediaKind,
    NewCrowd,
    NewPeople,
    NewPerson,
    NewSimulatedChat,
    NewSimulatedFault,
    PeopleQuery,
    RawUpdate,
    React,
    SendAlbum,
)
from appliance.sandbox.world.faults import KINDS
from appliance.sandbox.world.files import FOLDERS
from appliance.sandbox.world.model import CHANNEL, GROUP, SUPERGROUP


@pytest.mark.parametrize(
    ("model", "body", "words"),
    [
        (NewCrowd, '{"count": -1}', "count is -1: it takes a whole number from 0 to 1000000"),
        (NewCrowd, '{"count": "5"}', "count is '5': it takes a whole number from 0 to 1000000"),
        (NewCrowd, '{"count": true}', "count is True: it takes a whole number from 0 to 1000000"),
        (NewCrowd, "{}", "count is missing: it takes a whole number from 0 to 1000000"),
        (
            NewCrowd,
            '{"count": 2, "blocked": 3}',
            "blocked is 3: it takes a whole number from 0 to 2",
        ),
        (
            NewCrowd,
            '{"count": 2, "blocked": 1, "slow": 2}',
            "slow is 2: it takes a whole number from 0 to 1",
        ),
        (NewCrowd, '{"count": 2, "start": 1}', "start is 1: it takes true or false"),
        (
            NewCrowd,
            '{"count": 2, "first_name": "x"}',
            "first_name: unknown; it takes count, blocked, slow, latency_ms, start, seed",
        ),
        (NewPerson, '{"language_code": "de"}', "language_code is 'de': it takes one of en, ru"),
        (NewPerson, '{"first_name": 5}', "first_name is 5: it takes a text"),
        (
            NewSimulatedChat,
            '{"title": ""}',
            "title is '': it takes a text of 1 to 128 char",
        ),
        (NewSimulatedChat, '{"members": "all"}', "members is 'all': it takes an array"),
        (NewSimulatedChat, '{"members": [1, "x"]}', "members.1 is 'x': it takes a whole number"),
        (NewSimulatedFault, '{"kind": "429", "count": 0}', "count is 0: it takes a whole number"),
        (
            NewSimulatedFault,
            '{"kind": "429", "probability": 2}',
            "probability is 2: it takes a number from 0 to 1",
        ),
        (
            NewSimulatedFault,
            '{"kind": "slow", "seconds": "1"}',
            "seconds is '1': it takes a number from 0 to 3600",
        ),
        (NewSimulatedFault, '{"kind": "slow", "when": 1}', "when: unknown; it takes kind, method"),
        (FloodLimits, '{"chat_per_second": NaN}', "chat_per_second is nan: it takes a number"),
        (React, f'{{"message_id": 1, "emoji": "{"x" * 99}"}}', "emoji is 'xxx"),
        (SendAlbum, '{"files": [5]}', "files.0 is 5: it takes an object"),
        (SendAlbum, '{"files": [{"kind": "poem"}]}', "files.0.kind is 'poem': it takes one of"),
        (SendAlbum, '{"files": [{"kind": "photo", "x": 1}]}', "files.0.x: unknown; it takes"),
        (ChatTitle, '{"titel": "x"}', "titel: unknown; it takes by, title; title is missing: it"),
        (
            RawUpdate,
            '{"next_id": -1}',
            "next_id is -1: it takes a whole number from 0 to 2147",
        ),
        (PeopleQuery, '{"limit": "x"}', "limit is 'x': it takes a whole number from 0"),
        (NewPerson, "[]", "the body takes a JSON object"),
        (NewPerson, "{", "the body is not JSON: "),
    ],
)
def test_what_is_wrong_is_explained(model, body, words):
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(body)
    assert explain(caught.value, model).startswith(words)


def test_a_large_value_is_shown_in_part():
    with pytest.raises(ValidationError) as caught:
        NewPerson.model_validate({"first_name": [1] * 1_000_000})
    assert len(explain(caught.value, NewPerson)) < 120


def test_a_kind_may_be_a_number():
    assert NewSimulatedFault.model_validate_json('{"kind": 429}').kind == "429"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", NewPerson),
        (b"{}", NewPerson),
        (b"[", NewPerson),
        (b'["count"]', NewPerson),
        (b'{"count": 1}', NewCrowd),
        (b'{"count": "x", "first_name": "x"}', NewCrowd),
    ],
)
def test_a_count_makes_a_crowd(body, kind):
    assert NewPeople.kind_of(body) is kind


@pytest.mark.parametrize(
    ("taken", "known"),
    [
        (NewSimulatedFault.model_json_schema()["properties"]["kind"]["enum"], KINDS),
        (get_args(MediaKind), FOLDERS),
        (get_args(GroupType), (GROUP, SUPERGROUP, CHANNEL)),
        (get_args(AdminRight), RIGHTS),
    ],
)
def test_the_words_are_those_that_the_simulator_knows(taken, known):
    assert list(taken) == list(known)
