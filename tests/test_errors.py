"""The tree of errors is what the web and the command line map to statuses and exit codes."""

import copy
import inspect

import pytest

from appliance import errors
from appliance.errors import ApplianceError, Fault, Invalid, Localized, localized
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
