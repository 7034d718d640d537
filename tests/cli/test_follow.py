"""`broadcast --wait`: it sends itself where nothing else does, and tells the truth about it."""

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from appliance.cli import follow
from appliance.crud.broadcasts import broadcasts
from appliance.models import Broadcast, BroadcastStatus, utcnow
from appliance.services.broadcasts import NewBroadcast, as_document, create
from support.shell import ANSWER_PROMPTS

DONE = {"status": "done", "failed": 0, "unknown": 0, "reasons": {}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 0),
        ({"failed": 2, "reasons": {"blocked": 1, "deactivated": 1}}, 0),
        ({"failed": 2, "reasons": {"blocked": 1, "server_error": 1}}, 3),
        ({"unknown": 1, "reasons": {"no_answer": 1}}, 3),
        ({"status": "cancelled"}, 1),
        ({"status": "halted"}, 1),
        ({"status": "running"}, 1),
    ],
)
def test_exit_codes(change, code):
    assert follow.outcome_code(DONE | change) == code


def test_a_summary_names_every_count():
    row = Broadcast(
        id=7, status="done", audience={}, total=3, pending=0, sending=0, sent=2, failed=1,
        skipped=0, unknown=0, reasons={"blocked": 1}, text="x",
    )  # fmt: skip
    lines = dict(line.rsplit(None, 1) for line in follow.summary(as_document(row)).splitlines())
    assert {name.strip(): value for name, value in lines.items()} == {
        "Broadcast 7": "done",
        "Recipients": "3",
        "Sent": "2",
        "Failed": "1",
        "blocked": "1",
        "Skipped": "0",
        "Unknown": "0",
        "Pending": "0",
    }


@pytest.mark.parametrize("words", [(), ("--wait",)])
def test_without_a_bot_it_stays_queued(known, invoke, database, words):
    result = invoke("broadcast", "hello", *words, BOT_MODE="off")
    assert result.exit_code == 75
    with database.reading() as session:
        assert broadcasts.get(session, 1).status == BroadcastStatus.SCHEDULED


def test_a_slot_that_is_missed_while_waiting_ends_the_wait(known, database):
    """The machine was asleep, say, and there is no schedule part to cancel it."""
    with database.writing() as session:
        slot = utcnow() + timedelta(minutes=1)
        new = NewBroadcast("hello", to=("all",), starts_at=slot, max_late=60)
        number = create(session, new)[0].id
    looks, stop = [], threading.Event()

    def show(document):
        looks.append(document["status"])
        with database.writing() as session:
            broadcasts.get(session, number).starts_at = slot - timedelta(hours=1)
        if len(looks) > 20:
            stop.set()

    document = follow.wait_for_end(database, number, show, stop)
    assert (looks[0], document["status"], stop.is_set()) == ("scheduled", "cancelled", False)


@pytest.fixture
def record(ask):
    """Who got "hello" how often, as the simulator saw it."""

    def record():
        rows = ask("record?limit=1000")["record"]
        return Counter(row["chat_id"] for row in rows if row["text"] == "hello")

    return record


@pytest.mark.slow
def test_it_delivers_by_itself_and_the_counts_are_the_truth(appliance, town, ask, record):
    for person in town[:2]:
        ask(f"people/{person}/block", {"silent": True})
    done = appliance("broadcast", "hello", "--wait", "--json")
    assert done.returncode == 0, done.stderr  # who blocked the bot is an outcome, not a fault
    document = json.loads(done.stdout)
    assert (document["status"], document["total"]) == ("done", 6)
    assert (document["sent"], document["failed"], document["reasons"]) == (4, 2, {"blocked": 2})
    rows = json.loads(appliance("broadcast", "report", 1, "--json").stdout)
    assert {row["chat_id"] for row in rows if row["state"] == "failed"} == set(town[:2])
    assert record() == Counter(row["chat_id"] for row in rows if row["state"] == "sent")
    again = appliance("broadcast", "again", "--wait", "--json")
    assert json.loads(again.stdout)["total"] == 4  # they are known to be gone now


@pytest.mark.slow
def test_cron_hears_of_trouble_only(appliance, town, ask, record):
    """Twice, as a job that is fired double; then with a fault."""
    words = ("broadcast", "send", "-", "--quiet", "--wait", "--key", "monday")
    for _ in range(2):
        done = appliance(*words, input="hello")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert record() == Counter(town)
    ask("faults", {"kind": "close_after", "method": "sendMessage", "chat_id": town[0], "count": 1})
    done = appliance(*words[:-1], "tuesday", input="hello")
    assert done.returncode == 3
    assert "Unknown                      1" in done.stdout


@pytest.mark.slow
def test_it_waits_for_its_time(answer, town, record):
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    words = ("broadcast", "send", "hello", "--wait", "--at", starts_at.isoformat())
    document = answer(*words)
    assert (document["status"], document["sent"]) == ("done", 6)
    assert datetime.fromisoformat(document["starts_at"]) == starts_at
    assert datetime.fromisoformat(document["started_at"]) >= starts_at
    assert record() == Counter(town)


def test_a_key_called_twice_sends_once(answer, town, record):
    for _ in range(2):
        assert answer("broadcast", "hello", "--key", "k", "--wait")["sent"] == 6
    assert record() == Counter(town)


def test_an_answer_that_never_comes_is_unknown_and_not_sent_again(invoke, town, ask, record):
    ask("faults", {"kind": "close_after", "method": "sendMessage", "chat_id": town[0], "count": 1})
    done = invoke("broadcast", "hello", "--wait", "--json")
    assert done.exit_code == 3
    document = json.loads(done.stdout)
    assert (document["status"], document["sent"], document["unknown"]) == ("done", 5, 1)
    assert record() == Counter(town)


def test_a_message_that_nobody_can_get_is_halted(invoke, town, ask):
    reason = "Bad Request: BUTTON_URL_INVALID"
    ask("faults", {"kind": "400", "method": "sendMessage", "description": reason})
    done = invoke("broadcast", "hello", "--wait", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["status"] == "halted"


@pytest.mark.slow
def test_while_another_sends_it_only_follows(answer, town, serve, parts, record, wait_until):
    serve()
    wait_until(lambda: parts()["delivery"]["state"] in {"idle", "sending"}, 20)
    assert answer("broadcast", "hello", "--wait")["sent"] == 6
    assert record() == Counter(town)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_who_is_stopped_while_waiting_leaves_nobody_unknown_and_says_what_goes_on(
    number, code, start, town, ask, database, record, wait_until, appliance
):
    ask("faults", {"kind": "latency", "seconds": 0.9})
    words = ("broadcast", "send", "hello", "--key", "k", "--wait")
    waiting = start(*words, SEND_RATE="1")

    def shown():
        with database.reading() as session:
            rows = broadcasts.list_page(session, 1)
            return rows[0] if rows else None

    wait_until(lambda: shown() and shown().sent and shown().sending, 20, waiting.log)
    assert waiting.stop(number) == code

    assert (shown().unknown, shown().sending, shown().status) == (0, 0, "running")
    assert shown().pending > 0
    assert "broadcast 1 is not over" in waiting.log()
    assert "`appliance broadcast cancel 1` ends it" in waiting.log()
    assert "Traceback" not in waiting.log()
    ask("faults", None, method="DELETE")
    assert appliance(*words).returncode == 0
    assert record() == Counter(town)


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "queued"), [("n", 0), ("y", 1)])
def test_the_question_shows_text_audience_and_count(answer, queued, home, known, database):
    command = (
        f"{sys.executable} -m appliance --home {home} broadcast send 'hello\nall' --to lang:en"
    )
    done = subprocess.run(
        [sys.executable, ANSWER_PROMPTS, command],
        input=answer,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "hello all" in done.stdout
    assert "Send this to 3 chats (lang:en; about " in done.stdout
    with database.reading() as session:
        assert len(broadcasts.list_page(session, 9)) == queued
