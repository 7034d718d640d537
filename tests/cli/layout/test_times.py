"""Times by the clock of TIMEZONE."""

from datetime import UTC, datetime

import pytest

from appliance.cli.layout.times import local


@pytest.mark.parametrize(
    "time", ["2026-12-24T17:00:05.120Z", datetime(2026, 12, 24, 17, 0, 5, tzinfo=UTC)]
)
def test_by_the_clock_of_people(time):
    assert local(time, "Europe/Berlin") == "2026-12-24 18:00"
    assert local(time, "UTC", seconds=True) == "2026-12-24 17:00:05"


def test_no_time():
    assert local(None, "UTC") == ""
