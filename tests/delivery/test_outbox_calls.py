"""The call of a row of the outbox: files uploaded or named by their id, copies in their topic."""

import io
import json

import pytest

from appliance.crud import media as media_crud
from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.crud.settings import BOT, put_setting
from appliance.delivery import outbox_calls
from appliance.delivery.outbox import Outbox
from appliance.services.content import media
from appliance.services.inbox import operators_group, replies
from appliance.services.inbox.group_copies import NEW_TOPIC

PERSON, GROUP, BOT_ID, TOPIC = 1, -1005, 7, 44


@pytest.fixture(autouse=True)
def desk(database):
    """Anna, with whom the operators talk in a group with topics."""
    with database.writing() as session:
        put_setting(session, BOT, {"id": BOT_ID})
        chats.remember(session, PERSON, first_name="Anna")
        chats.remember(session, GROUP, type="supergroup", title="Desk")
        operators_group.set_group(session, operators_group.Group(GROUP, topics=True))
        threads.ensure(session, PERSON)


@pytest.fixture
def call(database, settings):
    """`call(queue, …)`: the job of the first row that was queued."""

    def call(*prepare):
        with database.writing() as session:
            for step in prepare:
                step(session)
            (row,) = messages.take(session, 1)
            topics = outbox_calls.topics(session, [row])
            outbox = Outbox(lambda now: frozenset(), folder=settings.data / "media")
            return outbox.job(session, row, topics)

    return call


@pytest.fixture
def plan(settings):
    """A file that is kept."""
    return media.keep(settings.data, "document", io.BytesIO(b"plan"), "plan.txt")


def answer(session):
    replies.answer(session, PERSON, "hi")


def copy(session):
    messages.queue(session, GROUP, "sendMessage", {"text": "hi"}, about_chat_id=PERSON)


def ask_for_a_topic(session):
    messages.queue(session, GROUP, NEW_TOPIC, {"name": "Anna"}, about_chat_id=PERSON)


def has_topic(session):
    threads.set_topic(session, PERSON, TOPIC)


@pytest.mark.parametrize(
    ("prepared", "body"),
    [
        ([copy], {"chat_id": GROUP, "text": "hi"}),
        ([copy, has_topic], {"chat_id": GROUP, "text": "hi", "message_thread_id": TOPIC}),
        ([answer, has_topic], {"chat_id": PERSON, "text": "hi"}),
        ([ask_for_a_topic, has_topic], {"chat_id": GROUP, "name": "Anna"}),
    ],
)
def test_copies_go_into_the_topic_where_there_is_one(call, prepared, body):
    assert json.loads(call(*prepared).body) == body


def test_a_file_that_telegram_does_not_know_goes_along(call, plan):
    job = call(lambda session: replies.answer_file(session, PERSON, plan, caption="see"))

    assert (job.method, job.body) == ("sendDocument", b"")
    assert job.upload.fields == {
        "chat_id": "1",
        "caption": "see",
        "document": "attach://file0",
        "disable_content_type_detection": "true",
    }
    (part,) = job.upload.parts
    assert (part.filename, part.path.read_bytes()) == ("plan.txt", b"plan")
    assert [file.file_id for file in job.files] == [None]


@pytest.mark.parametrize(("bot_id", "uploads"), [(BOT_ID, False), (BOT_ID + 1, True)])
def test_a_file_is_named_by_the_id_that_it_has_with_this_bot(call, plan, bot_id, uploads):
    def known(session):
        number = replies.answer_file(session, PERSON, plan, caption="see").media[0]["id"]
        media_crud.remember(session, bot_id, {number: "F"})

    job = call(known)

    assert (job.upload is not None) is uploads
    if not uploads:
        assert json.loads(job.body) == {"chat_id": 1, "caption": "see", "document": "F"}
        assert [file.file_id for file in job.files] == ["F"]


def test_a_row_whose_file_is_forgotten_stops_nothing(call, plan):
    def forgotten(session):
        row = replies.answer_file(session, PERSON, plan, caption="see")
        row.media = [{"id": 999, "kind": "document"}]
        session.flush()

    job = call(forgotten)

    assert json.loads(job.body) == {"chat_id": 1, "caption": "see"}
    assert job.files == ()


def test_topics_are_looked_up_for_copies_only(database):
    with database.writing() as session:
        copy(session)
        rows = messages.take(session, 5)
        assert outbox_calls.topics(session, rows) == {}
        has_topic(session)
        assert outbox_calls.topics(session, rows) == {PERSON: TOPIC}
        assert outbox_calls.topics(session, []) == {}
