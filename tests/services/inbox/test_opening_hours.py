"""Opening hours: how they are written, and when somebody is there."""

from datetime import UTC, datetime

import pytest

from appliance.errors import Invalid
from appliance.services.inbox import opening_hours


def at(day, time, zone_hours=0):
    """A moment; day 7 of September 2026 is a Monday."""
    hour, minute = map(int, time.split(":"))
    return datetime(2026, 9, day, hour - zone_hours, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Mon-Fri 09:00-18:00", "Mon-Fri 09:00-18:00"),
        (" mon 9:00-18:00 ,SAT-sun 10:00-24:00", "Mon 09:00-18:00, Sat-Sun 10:00-24:00"),
        ("пн-пт 9:00-18:00", "Mon-Fri 09:00-18:00"),
        ("Fri-Mon 22:00-06:00", "Fri-Mon 22:00-06:00"),
    ],
)
def test_reading_and_writing(text, written):
    assert opening_hours.written(opening_hours.parse(text)) == written
    assert opening_hours.written(opening_hours.parse(written)) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "always",
        "Mon",
        "Mon-Fry 09:00-18:00",
        "Mon 25:00-26:00",
        "Mon 24:00-02:00",
        "Mon 09:00-09:00",
        "Mon 09:00-18:00,",
        "Mon 9-18",
        "x" * 201,
        "Mon 09:00-18:00 " * 10,
        "Mon ٠٩:٠٠-18:00" * 2,
    ],
)
def test_what_are_no_hours(text):
    with pytest.raises(Invalid) as raised:
        opening_hours.parse(text)
    assert raised.value.faults[0].field == "hours"


@pytest.mark.parametrize(
    ("text", "day", "time", "there"),
    [
        ("Mon-Fri 09:00-18:00", 7, "08:59", False),
        ("Mon-Fri 09:00-18:00", 7, "09:00", True),
        ("Mon-Fri 09:00-18:00", 11, "17:59", True),
        ("Mon-Fri 09:00-18:00", 11, "18:00", False),
        ("Mon-Fri 09:00-18:00", 12, "12:00", False),
        ("Fri 22:00-06:00", 11, "23:00", True),
        ("Fri 22:00-06:00", 12, "05:59", True),
        ("Fri 22:00-06:00", 12, "06:00", False),
        ("Fri 22:00-06:00", 11, "05:00", False),
        ("Sun 20:00-04:00", 7, "03:00", True),
        ("Sat-Mon 10:00-12:00", 13, "11:00", True),
        ("Sat-Mon 10:00-12:00", 8, "11:00", False),
        ("Mon 00:00-24:00", 7, "23:59", True),
        ("Mon 00:00-24:00", 8, "00:00", False),
    ],
)
def test_when_somebody_is_there(text, day, time, there):
    assert opening_hours.is_open(opening_hours.parse(text), "UTC", at(day, time)) is there


def test_by_the_clock_of_the_site():
    spans = opening_hours.parse("Mon 09:00-10:00")
    assert opening_hours.is_open(spans, "Europe/Berlin", at(7, "09:30", 2))
    assert not opening_hours.is_open(spans, "Europe/Berlin", at(7, "09:30"))
