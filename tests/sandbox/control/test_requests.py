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
        (NewCrowd, '{"count": -1}', "invalid count -1: expected a whole number from 0 to 1000000"),
        (
            NewCrowd,
            '{"count": "5"}',
            "invalid count '5': expected a whole number from 0 to 1000000",
        ),
        (
            NewCrowd,
            '{"count": true}',
            "invalid count True: expected a whole number from 0 to 1000000",
        ),
        (NewCrowd, "{}", "count is missing: expected a whole number from 0 to 1000000"),
        (
            NewCrowd,
            '{"count": 2, "blocked": 3}',
            "invalid blocked 3: expected a whole number from 0 to 2",
        ),
        (
            NewCrowd,
            '{"count": 2, "blocked": 1, "slow": 2}',
            "invalid slow 2: expected a whole number from 0 to 1",
        ),
        (NewCrowd, '{"count": 2, "start": 1}', "invalid start 1: expected true or false"),
        (
            NewCrowd,
            '{"count": 2, "first_name": "x"}',
            "unknown first_name: expected one of count, blocked, slow, latency_ms, start, seed",
        ),
        (
            NewPerson,
            '{"language_code": "de"}',
            "invalid language_code 'de': expected one of en, ru",
        ),
        (NewPerson, '{"first_name": 5}', "invalid first_name 5: expected a text"),
        (
            NewSimulatedChat,
            '{"title": ""}',
            "invalid title '': expected a text of 1 to 128 char",
        ),
        (NewSimulatedChat, '{"members": "all"}', "invalid members 'all': expected an array"),
        (
            NewSimulatedChat,
            '{"members": [1, "x"]}',
            "invalid members.1 'x': expected a whole number",
        ),
        (
            NewSimulatedFault,
            '{"kind": "429", "count": 0}',
            "invalid count 0: expected a whole number",
        ),
        (
            NewSimulatedFault,
            '{"kind": "429", "probability": 2}',
            "invalid probability 2: expected a number from 0 to 1",
        ),
        (
            NewSimulatedFault,
            '{"kind": "slow", "seconds": "1"}',
            "invalid seconds '1': expected a number from 0 to 3600",
        ),
        (
            NewSimulatedFault,
            '{"kind": "slow", "when": 1}',
            "unknown when: expected one of kind, method",
        ),
        (FloodLimits, '{"chat_per_second": NaN}', "invalid chat_per_second nan: expected a number"),
        (React, f'{{"message_id": 1, "emoji": "{"x" * 99}"}}', "invalid emoji 'xxx"),
        (SendAlbum, '{"files": [5]}', "invalid files.0 5: expected an object"),
        (
            SendAlbum,
            '{"files": [{"kind": "poem"}]}',
            "invalid files.0.kind 'poem': expected one of",
        ),
        (SendAlbum, '{"files": [{"kind": "photo", "x": 1}]}', "unknown files.0.x: expected one of"),
        (
            ChatTitle,
            '{"titel": "x"}',
            "unknown titel: expected one of by, title; title is missing: exp",
        ),
        (
            RawUpdate,
            '{"next_id": -1}',
            "invalid next_id -1: expected a whole number from 0 to 2147",
        ),
        (PeopleQuery, '{"limit": "x"}', "invalid limit 'x': expected a whole number from 0"),
        (NewPerson, "[]", "invalid request body: expected a JSON object"),
        (NewPerson, "{", "invalid request body: expected JSON, "),
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
