"""What a wall clock means, when to send, when people sleep: over every kind of clock change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import Invalid
from appliance.services.timing import clock
from appliance.services.timing.clock import Quiet

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)

# Changed by an hour, by half an hour, at midnight, by a whole day, not at all, at odd offsets.
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "UTC",
]

# Days near the changes of these zones, and others.
DAYS = st.one_of(
    st.dates(date(2011, 12, 28), date(2012, 1, 2)),
    st.dates(date(2026, 3, 1), date(2026, 4, 30)),
    st.dates(date(2026, 9, 1), date(2026, 11, 10)),
    st.dates(date(1995, 1, 1), date(2035, 1, 1)),
)
MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
WALLS = st.builds(datetime.combine, DAYS, MINUTES)
MOMENTS = st.builds(lambda wall: wall.replace(tzinfo=UTC), WALLS)
HOURS = st.builds(Quiet, MINUTES, MINUTES).filter(lambda quiet: quiet.start != quiet.end)
zones = pytest.mark.parametrize("zone", ZONES)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(call, *arguments):
    with pytest.raises(Invalid) as caught:
        call(*arguments)
    (fault,) = caught.value.faults
    assert fault.message == str(caught.value)
    return fault.field, fault.message


# --at


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-12-24 18:00", "Europe/Berlin", "2026-12-24 17:00"),
        ("2026-12-24T18:00:30", "Europe/Berlin", "2026-12-24 17:00:30"),
        (" 2026-12-24 18:00 ", "UTC", "2026-12-24 18:00"),
        ("2026-12-24T18:00:00Z", "Europe/Berlin", "2026-12-24 18:00"),
        ("2026-12-24T18:00:00+05:30", "Europe/Berlin", "2026-12-24 12:30"),
        # put forward: 2:30 is not there, 3:00 is the first that is
        ("2026-03-29 02:30", "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-03-29 02:00", "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-03-29 03:00", "Europe/Berlin", "2026-03-29 01:00"),
        ("2026-03-08 02:59:59", "America/New_York", "2026-03-08 07:00"),
        ("2026-10-04 02:15", "Australia/Lord_Howe", "2026-10-03 15:30"),  # by half an hour
        ("2026-09-06 00:10", "America/Santiago", "2026-09-06 04:00"),  # at midnight
        ("2011-12-30 12:00", "Pacific/Apia", "2011-12-30 10:00"),  # a day that never was
        # put back: 2:30 is there twice, the first counts
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25 00:30"),
        ("2026-11-01 01:30", "America/New_York", "2026-11-01 05:30"),
        ("2026-04-05 01:45", "Australia/Lord_Howe", "2026-04-04 14:45"),
        ("2026-10-25T02:30:00+01:00", "Europe/Berlin", "2026-10-25 01:30"),  # the second, by name
    ],
)
def test_at(text, zone, moment):
    assert clock.parse_at(text, zone) == utc(moment)


@pytest.mark.parametrize(
    "text",
    [
        *("", "tomorrow", "2026-12-24", "18:00", "2026-02-31 18:00", "2026-12-24 24:30"),
        *("20261224T1800", "0000-01-01 00:00", "0001-01-01T00:00:00+14:00"),
        "2026-12-24 18:00 Europe/Berlin",
    ],
)
def test_what_is_no_time(text):
    field, message = told(clock.parse_at, text, "UTC")
    assert field == "at"
    assert message.startswith(f"invalid time {text!r}: expected a time such as 2026-12-24 18:00")


def test_a_time_before_all_times():
    assert told(clock.parse_at, "0001-01-01 00:00", "Asia/Tokyo")[0] == "at"


@pytest.mark.parametrize("name", ["", "Berlin", "../etc/passwd", "Europe", "Europe/Berlin\0", "+3"])
def test_what_is_no_zone(name):
    field, message = told(clock.parse_at, "2026-12-24 18:00", name)
    assert field == "timezone"
    assert message == f"unknown time zone {name!r}: expected a name such as Europe/Berlin"


@zones
@given(wall=WALLS)
def test_a_moment_shows_its_wall_time_or_the_first_after_it(zone, wall):
    zone = ZoneInfo(zone)
    moment = clock.moment(wall, zone)
    shown = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    just_before = (moment - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None, fold=0)
    assert just_before < wall <= shown
    assert moment <= clock.moment(wall, zone, second=True)


@zones
@given(first=WALLS, second=WALLS)
def test_later_on_the_wall_is_no_earlier(zone, first, second):
    first, second = sorted((first, second))
    zone = ZoneInfo(zone)
    assert clock.moment(first, zone) <= clock.moment(second, zone)


# --max-late


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), (" 2H ", 7200), ("1d", 86_400), ("0m", 0)]
)
def test_durations(text, seconds):
    assert clock.parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "1.5h", "-5m", "1h30m", "٣m", "9999999s"])
def test_what_is_no_duration(text):
    field, message = told(clock.parse_duration, text)
    assert (field, message) == (
        "max_late",
        f"invalid duration {text!r}: expected a duration such as 90s, 30m, 2h or 1d",
    )


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ((None, None, None), []),
        ((NOW + timedelta(days=1), 60, "22:00-08:00"), []),
        ((NOW - timedelta(minutes=30), None, None), []),
        ((NOW - timedelta(minutes=31), None, None), ["at"]),
        ((NOW - timedelta(minutes=31), 7200, None), []),
        ((NOW - timedelta(minutes=2), 60, "22-8"), ["at", "quiet"]),
        ((NOW, 59, None), ["max_late"]),
        ((None, 30 * 86_400 + 1, None), ["max_late"]),
    ],
)
def test_faults(values, fields):
    assert [fault.field for fault in clock.lint(*values, NOW)] == fields


def test_what_is_over_is_named():
    (fault,) = clock.lint(datetime(2026, 8, 1, 18, 0, tzinfo=UTC), None, None, NOW)
    assert fault.message == "2026-08-01 18:00 UTC has already passed"


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:45Z", "9999-12-31T23:45+14:00", "9999-01-01T00:00Z"]
)
@pytest.mark.parametrize("max_late", [None, 60, 30 * 86_400])
def test_there_must_be_time_left_to_be_late_in(text, max_late):
    (fault,) = clock.lint(clock.parse_at(text, "UTC"), max_late, None, NOW)
    assert fault.field == "at"
    assert fault.message.endswith("UTC is too far ahead")


def test_the_ends_of_the_calendar():
    first, last = datetime.min.replace(tzinfo=UTC), datetime(9998, 12, 31, 23, 59, tzinfo=UTC)
    (fault,) = clock.lint(first, 60, None, NOW)
    assert (fault.field, fault.message.endswith("UTC has already passed")) == ("at", True)
    assert clock.lint(last, 30 * 86_400, None, NOW) == ()


# Quiet hours


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("22:00-08:00", "22:00-08:00"),
        (" 9:30-12:00", "09:30-12:00"),
        ("20:00-24:00", "20:00-00:00"),
    ],
)
def test_quiet_hours_are_read(text, shown):
    assert str(clock.parse_quiet(text)) == shown
    assert clock.parse_quiet(shown) == clock.parse_quiet(text)


@pytest.mark.parametrize("text", ["", "22-8", "22:00", "25:00-08:00", "22:60-8:00", "a:b-c:d"])
def test_what_are_no_quiet_hours(text):
    field, message = told(clock.parse_quiet, text)
    assert (field, message) == ("quiet", f"invalid quiet hours {text!r}: expected HH:MM-HH:MM")


@pytest.mark.parametrize("text", ["08:00-8:00", "0:00-24:00"])
def test_a_quiet_that_never_ends(text):
    assert told(clock.parse_quiet, text)[1].endswith("would never end")


@pytest.mark.parametrize(
    ("hours", "zone", "at", "until"),
    [
        ("22:00-08:00", "UTC", "2026-09-01 21:59:59", None),
        ("22:00-08:00", "UTC", "2026-09-01 22:00", "2026-09-02 08:00"),
        ("22:00-08:00", "UTC", "2026-09-02 07:59:59", "2026-09-02 08:00"),
        ("22:00-08:00", "UTC", "2026-09-02 08:00", None),
        ("13:00-15:00", "UTC", "2026-09-02 14:00", "2026-09-02 15:00"),
        ("22:00-08:00", "Asia/Kathmandu", "2026-09-01 16:15", "2026-09-02 02:15"),
        # put forward at 2:00: nights of nine hours, and an end that is not there
        ("22:00-08:00", "Europe/Berlin", "2026-03-28 22:00", "2026-03-29 06:00"),
        ("22:00-02:30", "Europe/Berlin", "2026-03-29 00:59", "2026-03-29 01:00"),
        ("02:10-02:50", "Europe/Berlin", "2026-03-29 01:00", None),
        # put back at 3:00: the second 2:30 ends it
        ("22:00-02:30", "Europe/Berlin", "2026-10-25 00:45", "2026-10-25 01:30"),
        ("02:30-08:00", "Europe/Berlin", "2026-10-25 01:10", "2026-10-25 07:00"),
        # one night touches the next
        ("02:30-02:20", "Europe/Berlin", "2026-10-24 12:00", "2026-10-26 01:20"),
        # a day that never was
        ("22:00-08:00", "Pacific/Apia", "2011-12-30 09:00", "2011-12-30 18:00"),
    ],
)
def test_quiet_until(hours, zone, at, until):
    quiet, now = clock.parse_quiet(hours), utc(at)
    assert clock.is_quiet(quiet, zone, now) == (until is not None)
    assert clock.next_change(quiet, [zone], now) == (utc(until) if until else now)


AROUND = range(-2, 3)


@zones
@given(quiet=HOURS, now=MOMENTS)
def test_nobody_is_written_to_while_their_clock_says_quiet(zone, quiet, now):
    shown = now.astimezone(ZoneInfo(zone)).time()
    if quiet.start < quiet.end:
        says_quiet = quiet.start <= shown < quiet.end
    else:
        says_quiet = shown >= quiet.start or shown < quiet.end
    around = {(now + timedelta(days=day)).astimezone(ZoneInfo(zone)).utcoffset() for day in AROUND}
    if len(around) == 1:
        assert clock.is_quiet(quiet, zone, now) == says_quiet
    else:  # where clocks are changed it is quiet for longer rather than too short
        assert clock.is_quiet(quiet, zone, now) or not says_quiet


@given(quiet=HOURS, now=MOMENTS, chosen=st.sets(st.sampled_from(ZONES), min_size=1))
def test_the_next_change_is_the_first_end(quiet, now, chosen):
    asleep = clock.quiet_zones(quiet, chosen, now)
    change = clock.next_change(quiet, chosen, now)
    if not asleep:
        assert change == now
        return
    assert now < change
    just_before = change - timedelta(seconds=1)
    assert asleep - clock.quiet_zones(quiet, asleep, change)
    assert clock.quiet_zones(quiet, asleep, max(now, just_before)) == asleep


@zones
@given(quiet=HOURS, now=MOMENTS)
def test_everybody_wakes_some_time(zone, quiet, now):
    """The longest: 23:59 hours, and clocks that are put back."""
    assert clock.next_change(quiet, [zone], now) - now < timedelta(hours=52)


def test_a_zone_that_is_no_more_counts_as_utc():
    quiet = clock.parse_quiet("22:00-08:00")
    night = utc("2026-09-01 23:00")
    assert clock.quiet_zones(quiet, {"Atlantis", "UTC", "Asia/Tokyo"}, night) == {
        "Atlantis",
        "UTC",
    }


def test_times_are_rfc3339():
    assert clock.rfc3339(None) is None
    assert clock.rfc3339(NOW + timedelta(microseconds=123_999)) == "2026-09-01T12:00:00.123Z"
    assert datetime.fromisoformat(clock.rfc3339(datetime.now(UTC))).tzinfo is not None
