"""Files of answers: uploaded once, then sent by their id; copies go into their topic."""

import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from appliance.config import Settings
from appliance.crud import settings as stored
from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.database import Database
from appliance.delivery import outbox_calls
from appliance.delivery.classify import Kind, Verdict
from appliance.delivery.jobs import Job, Moment, Result
from appliance.delivery.outbox import Outbox
from appliance.models import ChatStatus, DeliveryState, Media, Message
from appliance.services.content import media
from appliance.services.inbox import operators_group, replies
from appliance.services.inbox.group_copies import NEW_TOPIC

NOW = Moment(1_790_000_000.0, time.monotonic())
GROUP = -1005


@pytest.fixture
def outbox(settings: Settings) -> Outbox:
    return Outbox(lambda now: frozenset(), folder=settings.data / "media")


@pytest.fixture
def claim(database: Database, outbox: Outbox) -> Callable[[], Job]:
    """The one call that may be sent now."""

    def claim() -> Job:
        with database.writing() as session:
            (job,) = outbox.exchange(session, [], 1, NOW)
            return job

    return claim


@pytest.fixture
def record(database: Database, outbox: Outbox) -> Callable[..., Message]:
    """`record(job, Kind.SENT, message_id=5)`: its row afterwards."""

    def record(job: Job, kind: Kind, words: str = "", **fields: Any) -> Message:
        with database.writing() as session:
            outbox.exchange(session, [Result(job, Verdict(kind, "why", words, **fields))], 0, NOW)
        with database.reading() as session:
            row = session.get(Message, job.row)
            assert row is not None
            return row

    return record


@pytest.fixture
def answer(database: Database, settings: Settings) -> Callable[..., int]:
    """`answer("see")`: an answer with a file waits for chat 1."""
    with database.writing() as session:
        chats.remember(session, 1, first_name="Anna")
        stored.put_setting(session, stored.BOT, {"id": 7})

    def answer(caption: str = "see") -> int:
        kept = media.keep(settings.data, "document", io.BytesIO(b"plan"), "plan.txt")
        with database.writing() as session:
            return replies.answer_file(session, 1, kept, caption=caption).id

    return answer


@pytest.fixture
def copy(database: Database) -> Callable[..., int]:
    """`copy()`: a copy of what chat 1 said waits for the operators' group."""
    with database.writing() as session:
        chats.remember(session, 1, first_name="Anna")
        chats.remember(session, GROUP, type="supergroup", title="Desk")
        operators_group.set_group(session, operators_group.Group(GROUP, topics=True))
        threads.ensure(session, 1)

    def copy(method: str = "sendMessage") -> int:
        with database.writing() as session:
            return messages.queue(session, GROUP, method, {"text": "hi"}, about_chat_id=1).id

    return copy


def uploaded(file_id: str) -> dict[str, Any]:
    return {"message_id": 5, "document": {"file_id": file_id}}


def test_a_file_is_uploaded_once(
    answer: Callable[..., int],
    claim: Callable[[], Job],
    record: Callable[..., Message],
    settings: Settings,
) -> None:
    answer()
    job = claim()
    assert job.upload is not None
    assert job.upload.fields == {
        "chat_id": "1",
        "caption": "see",
        "document": "attach://file0",
        "disable_content_type_detection": "true",
    }
    (part,) = job.upload.parts
    assert (part.filename, part.path.read_bytes()) == ("plan.txt", b"plan")
    record(job, Kind.SENT, result=uploaded("F"), message_id=5)

    answer("again")
    job = claim()
    assert job.upload is None
    assert json.loads(job.body) == {"chat_id": 1, "caption": "again", "document": "F"}


def test_a_refused_id_is_uploaded_again_and_only_once(
    answer: Callable[..., int],
    claim: Callable[[], Job],
    record: Callable[..., Message],
    database: Database,
) -> None:
    answer()
    record(claim(), Kind.SENT, result=uploaded("F"), message_id=5)
    answer()
    words = "Bad Request: wrong file identifier/HTTP URL specified"
    row = record(claim(), Kind.CONTENT, words)
    assert (row.state, row.attempts) == (DeliveryState.PENDING, 0)
    with database.reading() as session:
        assert session.query(Media).one().file_id is None
    job = claim()
    assert job.upload is not None
    assert record(job, Kind.CONTENT, words).state == DeliveryState.FAILED


def test_another_bot_uploads_for_itself(
    answer: Callable[..., int],
    claim: Callable[[], Job],
    record: Callable[..., Message],
    database: Database,
) -> None:
    answer()
    record(claim(), Kind.SENT, result=uploaded("F"), message_id=5)
    with database.writing() as session:
        stored.put_setting(session, stored.BOT, {"id": 8})
    answer()
    assert claim().upload is not None


def test_a_row_whose_file_is_forgotten_stops_nothing(
    answer: Callable[..., int], claim: Callable[[], Job], database: Database
) -> None:
    number = answer()
    with database.writing() as session:
        row = session.get(Message, number)
        assert row is not None
        row.media = [{"id": 999, "kind": "document"}]
    assert json.loads(claim().body) == {"chat_id": 1, "caption": "see"}


def test_copies_go_into_the_topic_as_soon_as_there_is_one(
    copy: Callable[..., int],
    claim: Callable[[], Job],
    record: Callable[..., Message],
) -> None:
    copy(NEW_TOPIC), copy(), copy()
    job = claim()
    assert job.method == NEW_TOPIC
    record(job, Kind.SENT, result={"message_thread_id": 44})
    job = claim()
    assert json.loads(job.body)["message_thread_id"] == 44
    record(job, Kind.SENT, message_id=9)
    assert json.loads(claim().body)["message_thread_id"] == 44


def test_an_answer_is_in_no_topic(
    copy: Callable[..., int], claim: Callable[[], Job], database: Database
) -> None:
    with database.writing() as session:
        threads.set_topic(session, 1, 44)
        replies.answer(session, 1, "hi")
    assert json.loads(claim().body) == {"chat_id": 1, "text": "hi"}


def test_a_deleted_topic_loses_no_copy(
    copy: Callable[..., int],
    claim: Callable[[], Job],
    record: Callable[..., Message],
    database: Database,
) -> None:
    with database.writing() as session:
        threads.set_topic(session, 1, 44)
    copy()
    row = record(claim(), Kind.REFUSED, "Bad Request: message thread not found")
    assert row.state == DeliveryState.PENDING
    assert "message_thread_id" not in json.loads(claim().body)


def test_a_bot_that_may_make_no_topics_stays_in_the_group(
    copy: Callable[..., int],
    claim: Callable[[], Job],
    record: Callable[..., Message],
    database: Database,
) -> None:
    copy(NEW_TOPIC)
    record(claim(), Kind.GONE, "Bad Request: not enough rights to create a topic")
    with database.reading() as session:
        assert chats.find(session, GROUP).status == ChatStatus.ACTIVE
        assert operators_group.chosen_group(session) == operators_group.Group(
            GROUP, topics_off=True
        )


def test_the_group_hears_of_an_answer_that_did_not_arrive(
    copy: Callable[..., int],
    claim: Callable[[], Job],
    record: Callable[..., Message],
    database: Database,
) -> None:
    with database.writing() as session:
        operators_group.set_group(session, operators_group.Group(GROUP))
        replies.answer(session, 1, "hi")
    job = claim()
    assert job.chat_id == 1
    record(job, Kind.GONE)
    with database.reading() as session:
        told = session.query(Message).filter_by(chat_id=GROUP).order_by(-Message.id).first()
        assert told is not None
        assert "Not delivered" in (told.text or "")
        assert chats.find(session, 1).status == ChatStatus.BLOCKED


def test_topics_are_looked_up_for_copies_only(copy: Callable[..., int], database: Database) -> None:
    copy()
    with database.writing() as session:
        rows = messages.take(session, 5)
        assert outbox_calls.topics(session, rows) == {}
        threads.set_topic(session, 1, 44)
        assert outbox_calls.topics(session, rows) == {1: 44}
        assert outbox_calls.topics(session, []) == {}
