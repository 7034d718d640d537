"""The outbox as a source of jobs: what is claimed, and what an outcome does to its row."""

import json
import time
from datetime import UTC, datetime

import pytest

from appliance.crud.chats import chats
from appliance.crud.messages import messages
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.jobs import Moment, Result
from appliance.delivery.outbox import Outbox, is_paced
from appliance.models import DeliveryState, Message, Priority

NOW = Moment(1_790_000_000.0, time.monotonic())


@pytest.fixture
def outbox():
    return Outbox(lambda now: frozenset())


@pytest.fixture
def claim(database, outbox):
    def claim():
        with database.writing() as session:
            return outbox.claim(session, 10, NOW)

    return claim


@pytest.fixture
def record(database, outbox):
    def record(result):
        with database.writing() as session:
            outbox.record(session, [result], NOW)
        with database.reading() as session:
            row = session.get(Message, result.job.row)
            assert row is not None
            return row

    return record


@pytest.fixture(autouse=True)
def one_waits(database):
    with database.writing() as session:
        chats.remember(session, -5, type="group", title="G")
        messages.queue(session, -5, "sendMessage", {"text": "hi"}, text="hi")


def test_a_job_is_the_call(claim):
    (job,) = claim()

    assert job.method == "sendMessage"
    assert json.loads(job.body) == {"chat_id": -5, "text": "hi"}
    assert is_paced(job)


def test_an_album_is_claimed_when_it_had_time_for_its_parts(database, outbox):
    begun = datetime.fromtimestamp(NOW.wall, UTC)
    with database.writing() as session:
        chats.remember(session, 6)
        messages.queue(session, 6, "copyMessages", {}, album_id="7", now=begun)

    claimed = []
    for seconds in (0.0, 1.4, 1.6):
        with database.writing() as session:
            later = Moment(NOW.wall + seconds, NOW.mono + seconds)
            claimed.append([job.method for job in outbox.claim(session, 10, later)])
            assert outbox.waits

    assert claimed == [["sendMessage"], [], ["copyMessages"]]


def test_answering_a_button_names_no_chat(claim, database):
    claim()
    with database.writing() as session:
        chats.remember(session, 6)
        params = {"callback_query_id": "1"}
        messages.queue(session, 6, "answerCallbackQuery", params, visible=False)

    (job,) = claim()

    assert json.loads(job.body) == {"callback_query_id": "1"}
    assert not is_paced(job)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (Kind.SENT, DeliveryState.SENT),
        (Kind.UNKNOWN, DeliveryState.UNKNOWN),
        (Kind.REFUSED, DeliveryState.FAILED),
        (Kind.CONTENT, DeliveryState.FAILED),
        (Kind.GONE, DeliveryState.FAILED),
    ],
)
def test_a_verdict_is_the_rows_state(kind, state, claim, record):
    row = record(Result(claim()[0], Verdict(kind, "why", message_id=3)))

    assert (row.state, row.message_id, row.attempts) == (state, 3, 1)
    assert row.reason == "why"


def test_what_is_tried_again_waits_until_then(claim, record):
    verdict = Verdict(Kind.FLOOD, "flood")

    row = record(Result(claim()[0], verdict, NOW.mono + 60, counts=False))

    assert (row.state, row.attempts) == (DeliveryState.PENDING, 0)
    assert claim() == []


@pytest.mark.parametrize(("priority", "silent"), [(Priority.NOTIFICATION, True), (0, None)])
def test_notifications_keep_quiet_where_that_was_chosen(database, claim, priority, silent):
    with database.writing() as session:
        chats.remember(session, 7, first_name="A").quiet = "always"
        messages.queue(session, 7, "sendMessage", {"text": "x"}, priority=priority, text="x")
    (job,) = [job for job in claim() if job.chat_id == 7]
    assert json.loads(job.body).get("disable_notification") is silent


def test_a_menu_of_commands_names_its_chat_itself(database, claim):
    with database.writing() as session:
        chats.remember(session, 7)
        messages.queue(session, 7, "setMyCommands", {"commands": []}, visible=False)
    (job,) = [job for job in claim() if job.chat_id == 7]
    assert json.loads(job.body) == {"commands": []}
    assert not is_paced(job)


def test_it_asks_for_the_rows_only_where_something_may_wait(database, outbox, record):
    def claim(limit):
        with database.writing() as session:
            return outbox.claim(session, limit, NOW)

    assert not outbox.waits, "nobody has looked yet"
    assert claim(0) == []
    assert outbox.waits, "there was no room, and one waits"
    (job,) = claim(1)
    assert claim(1) == []
    assert not outbox.waits

    record(Result(job, Verdict(Kind.SENT, message_id=3)))

    assert outbox.waits, "its chat is free again"


def test_another_try_without_a_time_is_at_once(claim, record):
    (job,) = claim()

    record(Result(job, Verdict(Kind.MIGRATED, migrate_to=-1001)))

    assert [again.row for again in claim()] == [job.row]
