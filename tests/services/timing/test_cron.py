"""Which moments a cron expression names; each once, whatever is done to the clocks."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import Invalid
from appliance.services.timing import cron

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago"]
ZONES += ["Africa/Cairo", "Asia/Kathmandu", "UTC"]
EXPRESSIONS = ["30 2 * * *", "0 9 * * MON", "*/20 * * * *", "5 * * * *", "*/15 1-3 * * *"]
EXPRESSIONS += ["0 */2 * * *", "0 0 1 * *", "30 0,1,2 * * *", "0 0 * * SUN#1"]


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(expression, zone, after, count):
    slots = cron.upcoming(expression, zone, utc(after), count)
    assert all(slot.tzinfo is UTC for slot in slots)
    return [f"{slot.astimezone(ZoneInfo(zone)):%m-%d %H:%M %z}" for slot in slots]


@pytest.mark.parametrize(
    ("expression", "zone", "after", "slots"),
    [
        # put forward: the first moment after the gap, once
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28 00:00",
            ["03-28 02:30 +0100", "03-29 03:00 +0200", "03-30 02:30 +0200"],
        ),
        (
            "*/30 2 * * *",
            "Europe/Berlin",
            "2026-03-28 12:00",
            ["03-29 03:00 +0200", "03-30 02:00 +0200", "03-30 02:30 +0200"],
        ),
        (
            "0 0 * * *",
            "America/Santiago",
            "2026-09-05 12:00",
            ["09-06 01:00 -0300", "09-07 00:00 -0300"],
        ),
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03 00:00",
            ["10-04 02:30 +1100", "10-05 02:15 +1100"],
        ),
        # put back: the first of the two, once
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24 12:00",
            ["10-25 02:30 +0200", "10-26 02:30 +0100"],
        ),
        (
            "*/30 2 * * *",
            "Europe/Berlin",
            "2026-10-24 12:00",
            ["10-25 02:00 +0200", "10-25 02:30 +0200", "10-26 02:00 +0100"],
        ),
        (
            "30 1 * * *",
            "America/New_York",
            "2026-10-31 12:00",
            ["11-01 01:30 -0400", "11-02 01:30 -0500"],
        ),
        # asked between the two
        ("30 2 * * *", "Europe/Berlin", "2026-10-25 01:10", ["10-26 02:30 +0100"]),
        # every hour is every hour
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-10-24 23:30",
            ["10-25 02:00 +0200", "10-25 02:00 +0100", "10-25 03:00 +0100"],
        ),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-03-28 23:30",
            ["03-29 01:00 +0100", "03-29 03:00 +0200"],
        ),
        ("0 9 * * mon", "Asia/Kathmandu", "2026-09-01 12:00", ["09-07 09:00 +0545"]),
        ("0 9 29 2 *", "UTC", "2026-09-01 12:00", ["02-29 09:00 +0000"]),
    ],
)
def test_slots(expression, zone, after, slots):
    assert shown(expression, zone, after, len(slots)) == slots


def test_after_a_slot_comes_the_next():
    slot = cron.next_slot("0 9 * * *", "UTC", utc("2026-09-01 09:00"))
    assert slot == utc("2026-09-02 09:00")
    assert cron.last_slot("0 9 * * *", "UTC", slot) == slot
    assert cron.last_slot("0 9 * * *", "UTC", slot - timedelta(microseconds=1)) == utc(
        "2026-09-01 09:00"
    )


@pytest.mark.slow
@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=15)
@given(
    begin=st.sampled_from(["2026-03-07", "2026-03-28", "2026-04-04", "2026-04-23"])
    | st.sampled_from(["2026-09-05", "2026-10-03", "2026-10-24", "2026-10-31"]),
    seconds=st.floats(0, 3 * 86_400),
)
def test_forward_and_backward_agree(expression, zone, begin, seconds):
    start = utc(begin)
    now = start + timedelta(seconds=seconds)
    found = list(takewhile(lambda slot: slot <= now, cron.slots(expression, zone, start)))
    assert found == sorted(set(found))
    last = cron.last_slot(expression, zone, now)
    assert last <= now
    assert last == found[-1] if found else last <= start
    assert cron.next_slot(expression, zone, now) > now
    assert cron.next_slot(expression, zone, last) > now


@pytest.mark.parametrize("expression", ["0 9 * * MON", "  */5  8-18 * * 1-5 ", "0 0 L * *"])
def test_what_is_taken(expression):
    assert cron.check(expression) == " ".join(expression.split())


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "0 fields instead of 5"),
        ("0 9 * *", "4 fields instead of 5"),
        ("0 0 9 * * *", "6 fields instead of 5"),
        (",".join("0" * 60) + " 9 * * *", "more than 100 characters"),
        ("60 9 * * *", "invalid minute"),
        ("0 9 * * XXX", "invalid weekday"),
        ("0 24 * * *", "invalid hour"),
        ("0 9 * 13 *", "invalid month"),
        ("0 9 31 2 *", "invalid day of the month"),
        ("@daily", "1 field instead of 5"),
    ],
)
def test_what_is_refused(expression, reason):
    with pytest.raises(Invalid, match="expected minute, hour, day, month and weekday") as caught:
        cron.check(expression)
    (fault,) = caught.value.faults
    assert fault.field == "cron"
    assert fault.message.startswith(f"invalid cron expression {expression[:40]!r} ({reason}")


@pytest.mark.parametrize("hours", ["*/1", "0-23", "0-11,12-23", "0-23/1"])
@pytest.mark.parametrize(
    ("zone", "after"),
    [("Europe/Berlin", "2026-03-28 23:00"), ("Europe/Berlin", "2026-10-24 23:00")],
)
def test_every_hour_is_every_hour_however_it_is_spelt(hours, zone, after):
    spelt, usual = f"*/15 {hours} * * *", "*/15 * * * *"
    assert shown(spelt, zone, after, 20) == shown(usual, zone, after, 20)
    until = utc(after) + timedelta(hours=2)
    assert cron.last_slot(spelt, zone, until) == cron.last_slot(usual, zone, until)
