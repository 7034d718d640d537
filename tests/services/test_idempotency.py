"""Keys of requests: not empty, and no longer than the column that keeps them."""

import pytest

from appliance.errors import Invalid, KeyReused
from appliance.services.idempotency import check_key, check_same


@pytest.mark.parametrize("key", [None, "k", "x" * 255])
def test_a_key_or_none(key):
    check_key(key)


@pytest.mark.parametrize(("key", "longest"), [("", 255), ("x" * 256, 255), ("x" * 201, 200)])
def test_no_key_for_a_column(key, longest):
    with pytest.raises(Invalid, match=f"1 to {longest} characters") as caught:
        check_key(key, longest)
    assert [fault.field for fault in caught.value.faults] == ["key"]


def test_the_same_again():
    check_same("k", ("text", 1), ["text", 1])


def test_something_else_shows_both_beginnings():
    with pytest.raises(KeyReused) as caught:
        check_same("k", ("one\n  two", 1), ("x" * 100, 1))
    assert str(caught.value) == (
        "the key 'k' was used for something else, “one two”; this is “" + "x" * 39 + "…”:"
        " nothing was queued"
    )
