"""`appliance broadcast …` without anything that sends. With it: tests/cli/test_follow.py."""

import csv
import io
import json
import subprocess
import sys

import pytest
from sqlalchemy import insert

from appliance.crud.deliveries import DeliveryOutcome
from appliance.models import Delivery, DeliveryState
from support.broadcasts import FIELDS, deliver


@pytest.fixture
def delivered(answer, known, database):
    """A broadcast that reached 1, not 2, and waits for 3."""
    number = answer("broadcast", "hello")["id"]
    with database.writing() as session:
        deliver(
            session,
            number,
            DeliveryOutcome(1, DeliveryState.SENT, message_id=77),
            DeliveryOutcome(2, DeliveryState.FAILED, "blocked"),
        )
    return number


def test_text_is_sent(answer, known, stored):
    document = answer("broadcast", "The hall is open again")
    assert tuple(document) == FIELDS
    assert (document["status"], document["audience"]) == ("scheduled", {"to": ["all"], "not": []})
    assert (stored().text, stored().format, stored().options) == (
        "The hall is open again",
        "plain",
        {},
    )


@pytest.mark.parametrize("words", [["-"], [], ["send"], ["send", "-"]])
def test_standard_input(answer, known, stored, words):
    answer("broadcast", *words, input="Первая\n\nsecond\n")
    assert stored().text == "Первая\n\nsecond"


def test_a_text_that_is_a_commands_name(answer, invoke, known, stored):
    answer("broadcast", "send", "list")
    assert stored().text == "list"
    assert invoke("broadcast", "--", "--html").exit_code == 0
    assert stored(2).text == "--html"


def test_standard_input_that_is_no_text(known, invoke, refused):
    refused(invoke("broadcast", "-", input=b"\xff\xfe"), 1)


def test_everything_at_once(answer, known, stored):
    answer(
        *(
            "broadcast",
            "--html",
            "<b>x</b>",
            "--to",
            "lang:en",
            "--to",
            "chat:1",
            "--not",
            "chat:3",
        ),
        *("--button", "Read=https://a.example/?x=1", "--silent", "--key", "k"),
    )
    row = stored()
    assert row.format == "html"
    assert row.audience == {"to": ["lang:en", "chat:1"], "not": ["chat:3"]}
    assert row.options == {
        "silent": True,
        "buttons": [[{"text": "Read", "url": "https://a.example/?x=1"}]],
    }


def test_a_key_sends_once(invoke, answer, known):
    first = invoke("broadcast", "hello", "--key", "k", "--json")
    again = invoke("broadcast", "hello", "--key", "k", "--json")
    assert first.exit_code == again.exit_code == 0
    assert json.loads(first.stdout) == json.loads(again.stdout)
    assert "was used before: this is broadcast 1" in again.stderr
    assert len(answer("broadcast", "list")) == 1


@pytest.mark.parametrize(
    "other",
    [
        ["goodbye"],
        ["hello", "--to", "chat:1"],
        ["hello", "--html"],
        ["hello", "--variant", "ru=привет"],
    ],
)
@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_a_key_with_something_else_is_refused(other, quiet, invoke, answer, refused, known):
    """Or a job that uses a key twice would never send, and never say so."""
    invoke("broadcast", "send", "hello", "--key", "k")
    line = refused(invoke("broadcast", "send", *other, "--key", "k", *quiet), 2)
    assert f"the key 'k' was used for something else, “hello”; this is “{other[0]}”" in line
    assert len(answer("broadcast", "list")) == 1


def test_a_key_of_an_edited_broadcast_still_sends_once(invoke, answer, known):
    invoke("broadcast", "send", "hello", "--key", "k")
    invoke("broadcast", "edit", "1", "good morning", "--yes")
    assert answer("broadcast", "send", "hello", "--key", "k")["id"] == 1


def test_nobody_is_an_exit_code_of_its_own(database, invoke, refused, answer):
    assert "this audience is empty" in refused(invoke("broadcast", "hello"), 4)
    assert answer("broadcast", "list") == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--html", "one\ntwo <b>"], "line 2, column 5"),
        (["x", "--to", "everybody"], "invalid recipients"),
        (["x", "--button", "nowhere"], "TEXT=URL"),
        (["x", "--button", "Read=nowhere"], "https://"),
        (["x", "--key", ""], "1 to 255"),
    ],
)
def test_what_is_refused_as_it_stands(known, invoke, answer, words, told):
    result = invoke("broadcast", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert len(result.stderr.splitlines()) <= 2
    assert answer("broadcast", "list") == []


def test_somebody_unknown(known, invoke, refused):
    refused(invoke("broadcast", "x", "--to", "user:nobody@example.org"), 2)


def test_nothing_sends_and_that_is_said_to_cron_too(known, invoke, nothing_sends):
    result = invoke("broadcast", "hello")
    assert (result.exit_code, result.stdout) == (
        75,
        "Broadcast 1 is queued; `appliance broadcast show 1` follows it.\n",
    )
    quiet = invoke("broadcast", "hello", "--quiet")
    assert (quiet.exit_code, quiet.stdout) == (75, "")
    assert quiet.stderr == (
        "appliance: broadcast 2 is queued, and nothing sends at the moment:"
        " it leaves when `appliance serve` runs\n"
    )


def test_what_starts_later_needs_nothing_that_sends_now(known, invoke, nothing_sends):
    result = invoke("broadcast", "send", "hello", "--at", "2099-01-01 00:00", "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_quiet_says_nothing_where_it_will_leave(known, invoke):
    result = invoke("broadcast", "hello", "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_listed_and_shown(delivered, answer, invoke):
    (listed,) = answer("broadcast", "list")
    shown = answer("broadcast", "show", delivered)
    assert tuple(listed) == (*FIELDS, "text", "recalled")
    assert tuple(shown)[: len(FIELDS)] == FIELDS
    assert shown["text"] == "hello"
    assert (shown["total"], shown["sent"], shown["failed"], shown["pending"]) == (3, 1, 1, 1)
    assert shown["reasons"] == {"blocked": 1}
    assert "hello" in invoke("broadcast", "list").stdout
    assert "blocked" in invoke("broadcast", "show", delivered).stdout


def test_the_newest_are_listed(known, answer, invoke):
    for text in "abc":
        answer("broadcast", text)
    assert [row["id"] for row in answer("broadcast", "list", "--limit", 2)] == [3, 2]


def test_an_empty_list(database, invoke, answer):
    assert answer("broadcast", "list") == []
    assert invoke("broadcast", "list").output == "No broadcast yet.\n"


@pytest.mark.parametrize("verb", ["show", "pause", "resume", "cancel", "report"])
def test_an_unknown_one_is_one_line(database, invoke, refused, verb):
    assert "there is no broadcast 99" in refused(invoke("broadcast", verb, 99), 2)


def test_paused_resumed_cancelled(delivered, answer, invoke, refused):
    assert answer("broadcast", "pause", delivered)["status"] == "paused"
    assert "is paused: it cannot be paused" in refused(invoke("broadcast", "pause", delivered), 1)
    assert answer("broadcast", "resume", delivered)["status"] == "running"
    cancelled = answer("broadcast", "cancel", delivered)
    assert (cancelled["status"], cancelled["pending"], cancelled["skipped"]) == ("cancelled", 0, 1)
    assert "cannot be resumed" in refused(invoke("broadcast", "resume", delivered), 1)
    assert "cannot be cancelled" in refused(invoke("broadcast", "cancel", delivered), 1)


def test_a_report_as_csv(delivered, invoke):
    result = invoke("broadcast", "report", delivered, "--format", "csv")
    assert result.stdout.splitlines()[0] == "chat_id,state,reason,attempts,message_id,updated_at"
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["chat_id"], row["state"], row["reason"]) for row in rows] == [
        ("1", "sent", ""),
        ("2", "failed", "blocked"),
        ("3", "pending", ""),
    ]
    assert rows[0]["message_id"] == "77"
    assert rows[0]["updated_at"] == "2027-01-15T08:00:00.000Z"
    assert invoke("broadcast", "report", delivered).stdout == result.stdout


@pytest.mark.parametrize("words", [["--json"], ["--format", "json"]])
def test_a_report_as_json(delivered, invoke, words):
    rows = json.loads(invoke("broadcast", "report", delivered, *words).stdout)
    assert [list(row) for row in rows] == [
        ["chat_id", "state", "reason", "attempts", "message_id", "updated_at"]
    ] * 3
    assert rows[1] | {"updated_at": None} == {
        "chat_id": 2,
        "state": "failed",
        "reason": "blocked",
        "attempts": 1,
        "message_id": None,
        "updated_at": None,
    }


def test_an_empty_report(known, answer):
    answer("broadcast", "hello")
    assert answer("broadcast", "report", 1) == []


@pytest.mark.slow
def test_a_reader_that_stops_reading_is_no_accident(home, root, known, answer, database):
    """`appliance broadcast report 1 | head -1`"""
    number = answer("broadcast", "hello")["id"]
    with database.writing() as session:
        session.connection().execute(
            insert(Delivery),
            [
                {"broadcast_id": number, "chat_id": i, "state": 0, "attempts": 0, "updated_at": 0}
                for i in range(5000)
            ],
        )
    command = f"{sys.executable} -m appliance --home {home} broadcast report {number} | head -1"
    done = subprocess.run(
        ["bash", "-c", command], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["chat_id,state,reason,attempts,message_id,updated_at"]
    assert done.stderr == ""
