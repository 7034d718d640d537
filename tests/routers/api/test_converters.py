"""Ids in an address."""

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule

from appliance.models import MAX_ID
from appliance.routers.api.converters import ChatIdConverter, IdConverter


def match(path):
    rules = [Rule("/u/<id:n>", endpoint="u"), Rule("/c/<chat:n>", endpoint="c")]
    converters = {"id": IdConverter, "chat": ChatIdConverter}
    return Map(rules, converters=converters).bind("localhost").match(path)[1]["n"]


@pytest.mark.parametrize(
    ("path", "number"),
    [("/u/1", 1), (f"/u/{MAX_ID}", MAX_ID), ("/c/-100123", -100123), (f"/c/-{MAX_ID}", -MAX_ID)],
)
def test_ids_are_numbers(path, number):
    assert match(path) == number


@pytest.mark.parametrize(
    "path", ["/u/0", "/u/-1", "/u/1.0", "/u/x", f"/u/{MAX_ID + 1}", f"/c/{MAX_ID + 1}", "/c/--1"]
)
def test_what_cannot_be_an_id_is_not_found(path):
    with pytest.raises(NotFound):
        match(path)
