"""A jump of the wall clock counts only once it has lasted."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.services.timing.steady import BELIEVED_SECONDS, SteadyClock

NOW = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def clock():
    clock = SteadyClock()
    assert clock.read(NOW, 0.0) == NOW
    return clock


@pytest.mark.parametrize("jump", [DAY, -DAY, timedelta(seconds=61)])
def test_a_jump_is_not_believed_at_once(clock, jump):
    for mono in (3, 6, 9):
        assert clock.read(at(mono) + jump, mono) == at(mono)
    assert clock.read(at(12), 12) == at(12)


@pytest.mark.parametrize("jump", [DAY, -DAY])
def test_what_lasts_is_believed(clock, jump):
    for mono in range(3, int(BELIEVED_SECONDS) + 3, 3):
        assert clock.read(at(mono) + jump, mono) == at(mono)
    mono = BELIEVED_SECONDS + 3
    assert clock.read(at(mono) + jump, mono) == at(mono) + jump
    assert clock.read(at(mono + 3), mono + 3) == at(mono + 3) + jump, "and so is the way back"


def test_jump_after_jump(clock):
    for mono in range(3, 300, 3):
        assert clock.read(at(mono) + mono * DAY, mono) == at(mono)


def test_a_clock_that_is_set_by_some_seconds_is_followed(clock):
    for seconds in (5, -5, 50):
        assert clock.read(at(10 + seconds), 10) == at(10 + seconds)


def test_the_first_reading_is_believed():
    assert SteadyClock().read(NOW + 365 * DAY, 5.0) == NOW + 365 * DAY


def test_how_long_it_ran_evenly(clock):
    clock.read(at(100), 100)
    assert clock.steady_seconds(100) == 100
    clock.read(at(200) + DAY, 200)
    assert clock.steady_seconds(230) == 30
