"""What may be asked of a canary."""

import pytest

from appliance.errors import Invalid
from appliance.services.broadcasts import canary


@pytest.mark.parametrize(
    "asked",
    [(None, None, None), (1, None, None), (50, 0.0, 0), (50, 1.0, 86_400), (50, 0.1, 60)],
)
def test_what_is_taken(asked):
    canary.check(*asked)


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ((0, None, None), ["canary"]),
        ((-1, None, None), ["canary"]),
        ((1, 1.01, None), ["canary_limit"]),
        ((1, -0.1, -1), ["canary_limit", "canary_wait"]),
        ((1, float("nan"), None), ["canary_limit"]),
        ((1, None, 86_401), ["canary_wait"]),
        ((None, 0.1, 60), ["canary_limit", "canary_wait"]),
    ],
)
def test_what_is_refused(asked, fields):
    with pytest.raises(Invalid) as caught:
        canary.check(*asked)
    assert [fault.field for fault in caught.value.faults] == fields
