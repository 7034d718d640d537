"""`appliance broadcast send --cron`, `appliance broadcast schedule …`."""

from datetime import datetime

import pytest

from appliance.crud.broadcasts import schedules

WEEKLY = ("broadcast", "send", "Rehearsal", "--cron", "0 9 * * MON", "--name", "rehearsal")


@pytest.fixture
def weekly(answer, known):
    return answer(*WEEKLY, "--timezone", "Europe/Berlin")


def test_a_schedule_is_made(weekly, database, answer):
    assert list(weekly) == [
        *("id", "name", "cron", "timezone", "enabled", "next_at", "last_at", "last_result"),
        *("max_late", "quiet", "text", "format", "audience", "upcoming", "created_at"),
        *("variants", "media", "options"),
    ]
    assert (weekly["name"], weekly["cron"], weekly["timezone"]) == (
        "rehearsal",
        "0 9 * * MON",
        "Europe/Berlin",
    )
    next_at = datetime.fromisoformat(weekly["next_at"])
    assert next_at.weekday() == 0
    assert next_at.hour in {7, 8}
    assert answer("broadcast", "list") == []
    with database.reading() as session:
        assert schedules.get(session, 1).template == {"text": "Rehearsal", "to": ["all"]}


def test_people_are_told_its_first_slot(invoke, known):
    result = invoke(*WEEKLY)
    assert result.stdout.startswith("Schedule rehearsal sends next at 20")
    assert result.stderr == ""


def test_a_name_is_taken_once(weekly, invoke, refused):
    assert "a schedule named rehearsal already" in refused(invoke(*WEEKLY), 1)


def test_listed_and_shown(weekly, answer, invoke):
    assert answer("broadcast", "schedule", "list") == [weekly]
    for name in ("rehearsal", weekly["id"]):
        assert answer("broadcast", "schedule", "show", name) == weekly
    assert "rehearsal" in invoke("broadcast", "schedule", "list").stdout
    shown = invoke("broadcast", "schedule", "show", "rehearsal").stdout
    assert "timezone     Europe/Berlin\n" in shown
    assert "max_late     1800 s\n" in shown


def test_no_schedule(invoke, database):
    assert invoke("broadcast", "schedule", "list").output == "No schedule yet.\n"


def test_paused_resumed_deleted(weekly, answer, invoke):
    paused = answer("broadcast", "schedule", "pause", "rehearsal")
    assert (paused["enabled"], paused["next_at"], paused["upcoming"]) == (False, None, [])
    assert "paused" in invoke("broadcast", "schedule", "list").stdout
    resumed = invoke("broadcast", "schedule", "resume", "rehearsal")
    next_at = weekly["next_at"][:16].replace("T", " ")  # TIMEZONE is UTC here
    assert resumed.stdout == f"Schedule rehearsal sends next at {next_at}.\n"
    assert invoke("broadcast", "schedule", "delete", "rehearsal", "--quiet").stdout == ""
    assert answer("broadcast", "schedule", "list") == []


@pytest.mark.parametrize("verb", ["show", "pause", "resume", "delete"])
@pytest.mark.parametrize("name", ["nothing", "99", "9" * 40, "٣"])
def test_an_unknown_one_is_one_line(database, invoke, refused, verb, name):
    told = refused(invoke("broadcast", "schedule", verb, name), 2)
    assert "there is no schedule" in told


def test_a_text_that_is_the_groups_name(answer, known, stored):
    answer("broadcast", "send", "schedule")
    assert stored().text == "schedule"
