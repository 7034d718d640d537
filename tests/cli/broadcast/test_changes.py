"""`appliance broadcast plan|pause|resume|cancel|retry|edit|recall`."""

import getpass
import json
from datetime import timedelta

import pytest

from appliance.crud.broadcasts import broadcasts, events, operations
from appliance.crud.deliveries import DeliveryOutcome
from appliance.models import BroadcastStatus, DeliveryState, utcnow
from appliance.services.broadcasts import NewBroadcast, lifecycle, schedules
from support.broadcasts import deliver


@pytest.fixture
def number(answer, known, database):
    """A finished broadcast: 1 got it, 2 failed, 3 is unknown."""
    number = answer("broadcast", "hello")["id"]
    with database.writing() as session:
        row = deliver(
            session,
            number,
            DeliveryOutcome(1, DeliveryState.SENT, message_id=77),
            DeliveryOutcome(2, DeliveryState.FAILED, "chat_not_found"),
            DeliveryOutcome(3, DeliveryState.UNKNOWN, "no_answer"),
            at=int(utcnow().timestamp()),
        )
        row.status = BroadcastStatus.DONE
    return number


@pytest.fixture
def decided(database, number):
    def decided():
        with database.reading() as session:
            found = [(event.actor, event.action) for event in events.list_for(session, number)]
        assert found[0][1] == "create", "that it was made is recorded too"
        return found[1:]

    return decided


def test_plan(answer, known, invoke, number):
    assert answer("broadcast", "plan", "hello") == {
        **{"count": 3, "seconds": 0.1, "rate": 30.0, "stars": 0.0},
        **{"last_id": number, "joined": 0, "left": 0},
    }
    told = invoke("broadcast", "plan", "hello", "--to", "lang:en", "--canary", "1").stdout
    assert told == "3 chats, about 0 s at 30/s\n"
    assert "0 joined, 0 left" in invoke("broadcast", "plan", "hello").stdout
    assert len(answer("broadcast", "list")) == 1


def test_a_plan_of_nonsense(invoke, known, refused):
    assert "empty" in refused(invoke("broadcast", "plan", ""), 2)


@pytest.mark.parametrize("which", ["--failed", "--unknown"])
def test_retry(answer, number, decided, which):
    document = answer("broadcast", "retry", number, which)
    assert (document["status"], document["pending"]) == ("running", 1)
    assert decided() == [(f"cli:{getpass.getuser()}", "retry")]


def test_retry_takes_a_choice(invoke, number, refused):
    assert invoke("broadcast", "retry", number).exit_code == 2
    invoke("broadcast", "retry", number, "--failed")
    refused(invoke("broadcast", "retry", number, "--failed"), 4)


def test_retry_of_what_missed_its_time(answer, known, invoke, database):
    at = utcnow() - timedelta(hours=1)
    with database.writing() as session:
        new = NewBroadcast("hello", to=("all",), starts_at=at, max_late=60)
        number = lifecycle.create(session, new, at)[0].id
    schedules.cancel_missed(database, utcnow())
    assert invoke("broadcast", "retry", number).stdout == (
        f"Broadcast {number} is scheduled again.\n"
    )


def test_edit(answer, invoke, number, database):
    document = answer("broadcast", "edit", number, "-", input="Другое\n")
    (operation,) = document["operations"]
    assert (operation["kind"], operation["total"]) == ("edit", 1)
    with database.reading() as session:
        assert broadcasts.get(session, number).text == "Другое"
    assert "1 message will be edited" in invoke("broadcast", "edit", number, "x").stdout


def test_recall(answer, invoke, number, refused, decided):
    dry = answer("broadcast", "recall", number, "--dry-run")
    assert dry == {"delivered": 1, "too_old": 0, "unknown": 1}
    told = invoke("broadcast", "recall", number, "--dry-run").stdout
    assert told.endswith(" 1 may have it and cannot be recalled.\n")
    assert decided() == []
    assert answer("broadcast", "recall", number)["operations"][0]["kind"] == "recall"
    assert "being recalled" in refused(invoke("broadcast", "edit", number, "x"), 1)
    assert [action for _, action in decided()] == ["recall"]


def test_pause_resume_cancel_are_recorded(answer, known, invoke, database):
    number = answer("broadcast", "hello")["id"]
    assert answer("broadcast", "pause", number)["status"] == "paused"
    assert answer("broadcast", "resume", number)["status"] == "scheduled"
    assert answer("broadcast", "cancel", number)["status"] == "cancelled"
    with database.reading() as session:
        told = [event.action for event in events.list_for(session, number)]
    assert told == ["create", "pause", "resume", "cancel"]


def test_pause_reaches_an_edit(answer, number, database):
    answer("broadcast", "edit", number, "x")
    answer("broadcast", "pause", number)
    with database.reading() as session:
        assert operations.list_running(session) == []


def test_one_operation_is_paused_resumed_and_ended(answer, number, refused, invoke, decided):
    (operation,) = answer("broadcast", "edit", number, "x")["operations"]
    which = ("--operation", operation["id"])
    assert answer("broadcast", "pause", number, *which)["status"] == "paused"
    assert answer("broadcast", "resume", number, *which)["status"] == "running"
    assert answer("broadcast", "cancel", number, *which)["status"] == "cancelled"
    assert "cannot be resumed" in refused(invoke("broadcast", "resume", number, *which), 1)
    assert "no operation 99" in refused(
        invoke("broadcast", "cancel", number, "--operation", "99"), 2
    )
    assert [action for _, action in decided()] == ["edit", "pause", "resume", "cancel"]


def test_texts_for_languages_stay_or_are_changed(answer, number, invoke, refused):
    told = invoke("broadcast", "edit", number, "x", "--variant", "ru=икс")
    assert told.exit_code == 0
    kept = invoke("broadcast", "edit", number, "y")
    assert "The texts for ru stay" in kept.stderr
    gone = invoke("broadcast", "edit", number, "z", "--no-variants")
    assert "stay" not in gone.stderr
    both = invoke("broadcast", "edit", number, "z", "--no-variants", "--variant", "ru=x")
    assert (both.exit_code, "contradict" in both.stderr) == (2, True)


def test_a_recall_of_what_waits_stops_it(answer, known, invoke, refused):
    number = answer("broadcast", "hello", "--at", "2099-01-01 12:00")["id"]
    told = invoke("broadcast", "recall", number, "--yes")
    assert (told.exit_code, told.stdout[:25]) == (0, f"Broadcast {number} is stopped. 0")
    assert answer("broadcast", "show", number)["status"] == "cancelled"
    refused(invoke("broadcast", "recall", number, "--yes"), 4)


def test_a_quiet_cancellation(answer, known, invoke):
    number = answer("broadcast", "hello")["id"]
    result = invoke("broadcast", "cancel", number, "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert answer("broadcast", "show", number)["status"] == "cancelled"


def test_quiet_says_nothing_when_it_went_well(invoke, number):
    result = invoke("broadcast", "retry", number, "--failed", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert json.loads(invoke("broadcast", "list", "--json").stdout)
