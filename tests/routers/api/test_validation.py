"""Pydantic's findings in our words, whatever is sent to whichever shape."""

import importlib
import pkgutil
from typing import Any

import pytest
from pydantic import ValidationError

from appliance import schemas
from appliance.errors import Localized
from appliance.routers.api import validation
from appliance.schemas import programs

for module in pkgutil.iter_modules(schemas.__path__):  # some are imported by their routers alone
    importlib.import_module(f"{schemas.__name__}.{module.name}")

JUNK: list[Any] = [
    None, True, -1, 10**30, 1.5, "", "x" * 70_000, "a\0b", [], [1], {}, {"x": 1},
    [None] * 1001, [["x"]], [[{"text": 1}] * 9] * 21, {"to": ["x"] * 1001, "not": [7]},
    {"buttons": [[{"text": "x" * 300, "url": 1}]]},
]  # fmt: skip


def shapes(kind: type) -> list[Any]:
    found = [kind, *(shape for child in kind.__subclasses__() for shape in shapes(child))]
    return [shape for shape in found if shape.model_fields]


@pytest.mark.parametrize("shape", shapes(schemas.Request) + shapes(schemas.Query))
def test_every_fault_is_said(shape):
    names = [field.alias or name for name, field in shape.model_fields.items()]
    inputs = [*JUNK, *({name: junk} for name in names for junk in JUNK), dict.fromkeys(names, "x")]
    plain = {
        fault.message
        for given in inputs
        for fault in faults(shape, given)
        if not isinstance(fault.message, Localized)
    }
    assert plain == set()


def faults(shape: Any, given: Any) -> tuple[Any, ...]:
    try:
        shape.model_validate(given)
    except ValidationError as error:
        return validation.fault_list(error)
    return ()


def test_faults_are_counted_and_placed():
    with pytest.raises(ValidationError) as caught:
        schemas.Draft.model_validate({"text": 1, "audience": {"to": [2]}})
    error = validation.bad_body(caught.value)
    assert str(error) == "2 errors in the body"
    assert [(fault.field, fault.message) for fault in error.faults] == [
        ("text", "expected text"),
        ("audience.to.0", "expected text"),
    ]
    assert str(validation.bad_address(caught.value)) == "2 errors in the address"


def test_words_that_are_taken_are_listed():
    (fault,) = faults(schemas.UserPatch, {"role": "king"})
    assert fault.message == "expected one of 'member', 'operator', 'admin'"


def test_text_has_characters_and_a_list_has_items():
    (long,) = faults(schemas.Claim, {"code": "x" * 256})
    assert long.message == "expected at most 255 characters"
    (empty,) = faults(schemas.Credentials, {"email": "a@b.de", "password": ""})
    assert empty.message == "expected at least 1 character"
    (many,) = faults(schemas.Audience, {"to": ["all"] * 1001})
    assert many.message == "expected at most 1000 items"
    (none,) = faults(programs.NewToken, {"name": "x", "scopes": []})
    assert none.message == "expected at least 1 item"
