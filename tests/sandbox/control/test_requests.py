"""What the control API takes."""

from typing import Any

import pytest

from appliance.errors import Invalid
from appliance.sandbox.control.requests import Crowd, NewFault, NewPerson


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"count": -1}, "count"),
        ({"count": "5"}, "count"),
        ({"count": True}, "count"),
        ({"count": 2, "blocked": 3}, "blocked"),
        ({"count": 2, "blocked": 1, "slow": 2}, "slow"),
        ({"count": 2, "start": 1}, "start"),
        ({"count": 2, "first_name": "x"}, "first_name"),
    ],
)
def test_crowds_that_are_refused(body: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid, match=field):
        Crowd.read(body)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"language_code": "de"}, "language_code"), ({"first_name": 5}, "first_name")],
)
def test_people_that_are_refused(body: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid, match=field):
        NewPerson.read(body)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"),
        ({"kind": "429", "count": 0}, "count"),
        ({"kind": "429", "probability": 2}, "probability"),
        ({"kind": "latency", "seconds": "1"}, "seconds"),
        ({"kind": "latency", "when": 1}, "when"),
    ],
)
def test_faults_that_are_refused(body: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid, match=field):
        NewFault.read(body)


def test_a_kind_may_be_a_number() -> None:
    assert NewFault.read({"kind": 429})["kind"] == "429"
