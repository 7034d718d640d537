"""How long a broadcast takes, as it is told beforehand."""

import pytest

from appliance.delivery.pacer import Pacer
from appliance.services.timing.pace import pace_of, seconds_for


@pytest.mark.parametrize(
    ("count", "rate", "seconds"),
    [(0, 30.0, 0.0), (3, 30.0, 0.1), (10_000, 30.0, 340.1), (10_000, 1000.0, 10.1)],
)
def test_a_little_longer_than_the_rate_allows(count, rate, seconds):
    assert seconds_for(count, rate) == seconds


@pytest.mark.parametrize("rate", [0.5, 30.0, 200.0, 201.0, 1000.0])
def test_the_engine_keeps_to_it(rate):
    assert Pacer(rate).interval == pytest.approx(1 / pace_of(rate))
