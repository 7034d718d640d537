"""What a claimed call carries."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.jobs import Job, Result, encode
from appliance.models import DeliveryState


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_parameters_are_json(params):
    assert json.loads(encode(params)) == params


FAILED = set(Kind) - {Kind.SENT, Kind.UNKNOWN, Kind.MIGRATED}


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (Kind.SENT, DeliveryState.SENT),
        (Kind.UNKNOWN, DeliveryState.UNKNOWN),
        (Kind.MIGRATED, DeliveryState.PENDING),
        *((kind, DeliveryState.FAILED) for kind in sorted(FAILED)),
    ],
)
def test_a_verdict_is_the_state_of_its_row_unless_there_is_another_try(kind, state):
    job = Job(None, 1, 5, "sendMessage", b"")

    assert Result(job, Verdict(kind)).state == state
    assert Result(job, Verdict(kind), retry_at=0.0).state == DeliveryState.PENDING
    assert (job.tries, Result(job, Verdict(kind)).counts) == (0, True)


def test_a_body_is_short_and_readable():
    assert encode({"text": "да", "n": 1}).decode() == '{"text":"да","n":1}'
