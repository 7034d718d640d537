"""`--at` and its companions, of `broadcast send` and `broadcast plan`."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.broadcasts import broadcasts
from appliance.models import utcnow
from appliance.services.broadcasts import schedules


def test_at_a_time_in_a_zone(answer, known, stored):
    document = answer(
        *("broadcast", "send", "Merry", "--at", "2099-12-24 18:00", "--timezone", "Europe/Berlin"),
        *("--max-late", "2h", "--quiet-hours", "22:00-8:00"),
    )
    assert document["starts_at"] == "2099-12-24T17:00:00.000Z"
    assert (document["status"], document["note"]) == ("scheduled", None)
    row = stored()
    assert row.starts_at == datetime(2099, 12, 24, 17, 0, tzinfo=UTC)
    assert (row.max_late, row.quiet) == (7200, "22:00-08:00")


def test_the_zone_is_the_sites_own(answer, known):
    words = ("broadcast", "send", "x", "--at", "2099-12-24 18:00")
    assert answer(*words, TIMEZONE="Asia/Tokyo")["starts_at"] == "2099-12-24T09:00:00.000Z"
    assert answer(*words)["starts_at"] == "2099-12-24T18:00:00.000Z"


def test_people_are_told_when(invoke, known):
    result = invoke("broadcast", "send", "x", "--at", "2099-12-24T18:00:00Z")
    assert result.stdout == "Broadcast 1 is scheduled for 2099-12-24 18:00.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--at", "soon"], "invalid time 'soon'"),
        (["--at", "2020-01-01 12:00"], "2020-01-01 12:00 UTC has already passed"),
        (["--at", "0001-01-01 00:00"], "UTC has already passed"),
        (["--at", "9999-12-31 23:45"], "9999-12-31 23:45 UTC is too far ahead"),
        (["--at", "9999-12-31 23:45", "--timezone", "America/New_York"], "invalid time"),
        (["--at", "2099-01-01 12:00", "--timezone", "Berlin"], "unknown time zone 'Berlin'"),
        (["--at", "2099-01-01 12:00", "--max-late", "1s"], "from 1 minute to 30 days"),
        (["--at", "2099-01-01 12:00", "--max-late", "x"], "invalid duration 'x'"),
        (["--quiet-hours", "night"], "invalid quiet hours 'night'"),
        (["--cron", "daily", "--name", "a"], "invalid cron expression 'daily'"),
        (["--cron", "0 9 * * *", "--name", "a", "--timezone", ""], "unknown time zone ''"),
    ],
)
def test_what_is_refused(known, invoke, refused, answer, words, told):
    assert told in refused(invoke("broadcast", "send", "x", *words), 2)
    assert answer("broadcast", "list") == answer("broadcast", "schedule", "list") == []


@pytest.mark.parametrize(
    "words",
    [
        ["--name", "a"],
        ["--timezone", "UTC"],
        ["--cron", "0 9 * * *"],
        ["--cron", "0 9 * * *", "--name", "a", "--at", "2099-01-01 12:00"],
        ["--cron", "0 9 * * *", "--name", "a", "--key", "k"],
        ["--cron", "0 9 * * *", "--name", "a", "--wait"],
    ],
)
def test_options_that_contradict_one_another(known, invoke, words):
    result = invoke("broadcast", "send", "x", *words)
    assert result.exit_code == 2
    assert "Error: --" in result.stderr


def test_a_key_is_answered_when_its_time_is_over(invoke, answer, known, database):
    """A script that runs again the day after."""
    words = ("broadcast", "send", "x", "--key", "k", "--max-late", "1d", "--at")
    soon = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%d %H:%M}"
    first = answer(*words, soon)
    with database.writing() as session:
        broadcasts.get(session, 1).starts_at -= timedelta(days=9)
    again = answer(*words, "2020-01-01 12:00")
    assert again["id"] == first["id"]


def test_what_goes_at_once_may_be_too_late_as_well(invoke, known, database, nothing_sends):
    """Or what was queued while the service was down leaves days later."""
    result = invoke("broadcast", "send", "x", "--max-late", "2h", "--quiet")
    assert result.exit_code == 75
    with database.writing() as session:
        row = broadcasts.get(session, 1)
        assert (row.max_late, row.starts_at <= utcnow()) == (7200, True)
        row.starts_at -= timedelta(hours=3)
    schedules.cancel_missed(database, utcnow())
    with database.reading() as session:
        assert broadcasts.get(session, 1).status == "cancelled"


def test_waiting_for_what_is_too_late_ends(invoke, known, database, answer, nothing_sends):
    """Nothing ran at its time; nothing else is there to cancel it."""
    answer("broadcast", "send", "x", "--key", "k", "--at", "2099-01-01 12:00")
    with database.writing() as session:
        broadcasts.get(session, 1).starts_at = datetime(2020, 1, 1, tzinfo=UTC)
    result = invoke("broadcast", "send", "x", "--key", "k", "--wait", "--json", BOT_API_URL=DEAD)
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["status"] == "cancelled"
    assert document["note"].startswith("missed its slot")


DEAD = "http://127.0.0.1:9"
