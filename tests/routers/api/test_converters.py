"""Ids in an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule

from appliance.models import MAX_ID
from appliance.routers.api.converters import ChatIdConverter, IdConverter, NumberConverter


def match(path):
    rules = [
        Rule("/u/<id:n>", endpoint="u"),
        Rule("/c/<chat:n>", endpoint="c"),
        Rule("/n/<int:n>", endpoint="n"),
    ]
    converters = {"id": IdConverter, "chat": ChatIdConverter, "int": NumberConverter}
    return Map(rules, converters=converters).bind("localhost").match(path)[1]["n"]


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/u/1", 1),
        (f"/u/{MAX_ID}", MAX_ID),
        ("/c/-100123", -100123),
        (f"/c/-{MAX_ID}", -MAX_ID),
        ("/n/0", 0),
        ("/n/10", 10),
    ],
)
def test_ids_are_numbers(path, number):
    assert match(path) == number


@pytest.mark.parametrize(
    "path",
    [
        "/u/0",
        "/u/-1",
        "/u/1.0",
        "/u/x",
        f"/u/{MAX_ID + 1}",
        f"/c/{MAX_ID + 1}",
        "/c/--1",
        "/u/01",
        "/u/١",
        "/c/-١",
        "/c/007",
        "/u/" + "9" * 5000,
        "/n/01",
        "/n/-1",
        "/n/²",
        "/n/١",
    ],
)
def test_what_cannot_be_an_id_is_not_found(path):
    with pytest.raises(NotFound):
        match(path)


@given(st.integers(1, 2 * MAX_ID) | st.integers(MAX_ID - 100, MAX_ID + 100))
def test_ids_up_to_the_largest(number):
    if number <= MAX_ID:
        assert match(f"/u/{number}") == number
    else:
        with pytest.raises(NotFound):
            match(f"/u/{number}")


@pytest.mark.parametrize("number", ["0", 2**63, "01", "١"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/{}"),
        ("PATCH", "/users/{}"),
        ("PATCH", "/chats/{}"),
        ("PATCH", "/schedules/{}"),
        ("PATCH", "/inbox/{}"),
        ("POST", "/broadcasts/{}/recall"),
        ("DELETE", "/tokens/{}"),
    ],
)
def test_no_id_is_404_whatever_the_method(admin, method, path, number):
    assert admin.write(method, path.format(number), {}).status_code == 404
