"""The tree of errors is what the web and the command line map to statuses and exit codes."""

import copy
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import errors
from appliance.errors import (
    ApplianceError,
    Fault,
    Invalid,
    Localized,
    localized,
    localized_plural,
)
from appliance.schemas import faults_of

KINDS = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_hangs_on_the_tree_and_says_what_it_is_for(kind):
    assert issubclass(kind, ApplianceError)
    assert kind.__doc__


def test_faults_travel_with_the_error():
    fault = Fault("text", "too long", 4, 1, 5)
    error = Invalid("too long", (fault,))
    assert str(error) == "too long"
    assert error.faults == (fault,)
    assert Invalid("no").faults == ()


def test_one_fault_says_what_the_error_says():
    assert Invalid.at("name", "no name").faults == (Fault("name", "no name"),)
    assert Invalid.at("text", "no tag", 4).faults == (Fault("text", "no tag", 4),)
    assert str(Invalid.at("name", "no name")) == "no name"


def test_faults_are_raised_together_and_none_raise_nothing():
    faults = (Fault("a", "first"), Fault("b", "second"))
    with pytest.raises(Invalid, match="first") as caught:
        Invalid.raise_for(faults)
    assert caught.value.faults == faults
    Invalid.raise_for(())


def test_a_fault_tells_only_what_it_knows():
    assert Fault("text", "no").as_dict() == {"field": "text", "message": "no"}
    assert Fault("text", "no", 0, 1, 1).as_dict() == {
        "field": "text",
        "message": "no",
        "offset": 0,
        "line": 1,
        "column": 1,
    }


def test_slowing_down_says_for_how_long():
    assert errors.TooManyRequests("slow down", 2.5).retry_after == 2.5


def test_what_is_said_is_a_string_that_knows_its_parts():
    said = localized("{name!r} has {count} left", name="a{b}", count=2)
    assert said == "'a{b}' has 2 left"
    assert (said.template, said.values["count"]) == ("{name!r} has {count} left", 2)


def test_what_is_said_survives_faults_and_errors():
    said = localized("{length} is too long", length=5)
    (fault,) = faults_of((Fault("text", said),))
    assert isinstance(Invalid(said).message, Localized) and isinstance(
        copy.deepcopy(said), Localized
    )
    assert (fault.message, str(Invalid(said)), ApplianceError().message) == (said, said, "")


def test_a_note_comes_back_with_its_template_and_values():
    inner = localized("the key must have 1 to 255 characters")
    noted = localized("{slot} was not sent: {error}", slot="12:00", error=inner)

    back = Localized.load(noted.dump())

    assert back == noted == "12:00 was not sent: the key must have 1 to 255 characters"
    assert (back.template, back.plural) == (noted.template, None)
    assert back.values["error"].template == inner.template


def test_a_note_comes_back_with_its_plural():
    noted = localized_plural("{count} of {all} left", "{count} of {all} are left", 2, all="many")

    back = Localized.load(noted.dump())

    assert back == "2 of many are left"
    assert (back.template, back.plural) == ("{count} of {all} left", "{count} of {all} are left")
    assert back.values == {"count": 2, "all": "many"}


def test_what_former_versions_wrote_is_read():
    stored = (
        '{"said":"missed its slot: it was to start at {time}, or {seconds} s later",'
        '"with":{"time":"2026-09-01T12:00:00.000Z","seconds":600}}'
    )
    back = Localized.load(stored)
    assert back == "missed its slot: it was to start at 2026-09-01T12:00:00.000Z, or 600 s later"
    assert back.dump() == stored


def test_a_note_that_is_too_long_is_kept_in_english():
    noted = localized("paused: {error}", error="x" * 300)

    assert noted.dump(255) == f"paused: {'x' * 247}"
    assert len(localized("paused: {error}", error="x").dump(255)) < 255


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "Bad Request: can't parse entities",
        '{"said":"{gone}","with":{}}',
        '{"said":"x',
        '{"said":5}',
        '{"said":[],"with":1}',
        '{"said":"x","plural":"y","with":{}}',
    ],
)
def test_what_is_no_note_is_shown_as_it_is(stored):
    assert Localized.load(stored) == stored


@given(st.text(max_size=80))
def test_any_value_survives(text):
    noted = localized("paused: {error}", error=text)

    assert Localized.load(noted.dump()) == noted
