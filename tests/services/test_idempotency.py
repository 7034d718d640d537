"""Keys of requests: not empty, and no longer than the column that keeps them."""

import pytest

from appliance.errors import Invalid
from appliance.services.idempotency import check_key


@pytest.mark.parametrize("key", [None, "k", "x" * 255])
def test_a_key_or_none(key):
    check_key(key)


@pytest.mark.parametrize(("key", "longest"), [("", 255), ("x" * 256, 255), ("x" * 201, 200)])
def test_no_key_for_a_column(key, longest):
    with pytest.raises(Invalid, match=f"1 to {longest} characters") as caught:
        check_key(key, longest)
    assert [fault.field for fault in caught.value.faults] == ["key"]
