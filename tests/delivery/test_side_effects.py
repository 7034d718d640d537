"""What an answer changes besides its own row, by verdict and by what the call was for."""

import io
import json
import time
from typing import NamedTuple

import pytest

from appliance.crud import deliveries
from appliance.crud.broadcasts import operations
from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.crud.settings import BOT, OPERATORS, put_setting
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.jobs import Result
from appliance.delivery.retry_policy import again
from appliance.models import DeliveryState, Message
from appliance.services.broadcasts import NewBroadcast, changes, create
from appliance.services.content import media
from appliance.services.inbox import operators_group, replies
from appliance.services.inbox.group_copies import NEW_TOPIC
from support.people import add_chats

GROUP, SUPERGROUP, PERSON, BOT_ID = -5, -1005, 7, 70
SOURCES = ("broadcast", "edit", "recall", "outbox")

VERDICTS = {
    "sent": Verdict(Kind.SENT, message_id=3),
    "gone": Verdict(Kind.GONE, "kicked", "Forbidden: bot was kicked"),
    "migrated": Verdict(Kind.MIGRATED, "migrated", "upgraded", migrate_to=SUPERGROUP),
    "refused": Verdict(Kind.REFUSED, "no_rights", "Bad Request: not enough rights"),
    "content": Verdict(Kind.CONTENT, "content", "Bad Request: BUTTON_URL_INVALID"),
    "server": Verdict(Kind.SERVER, "server_error", "Bad Gateway"),
    "unknown": Verdict(Kind.UNKNOWN, "no_answer", "timed out"),
}


class Effect(NamedTuple):
    """What became of the row, of the chat it is about, and of the operators' choice of it."""

    row: str
    chat: str
    operators: int | None = GROUP


@pytest.fixture
def claim(database, settle):
    """`claim("edit", GROUP)`: a call of that kind to a chat, claimed."""
    with database.writing() as session:
        chats.remember(session, PERSON, first_name="Ann")
        group = chats.remember(session, GROUP, type="group", title="Desk")
        chats.set_approved(session, group, True, None)
        put_setting(session, OPERATORS, {"chat_id": GROUP})

    def claim(source, chat_id):
        with database.writing() as session:
            if source == "outbox":
                messages.queue(session, chat_id, "sendMessage", {"text": "hi"}, text="hi")
            else:
                create(session, NewBroadcast("hi", to=(f"chat:{chat_id}",)))
        settle(wanted=0)
        (job,) = settle(wanted=1)
        if source in {"edit", "recall"}:
            settle([Result(job, Verdict(Kind.SENT, message_id=3))], wanted=0)
            if source == "edit":
                changes.edit(database.writing, job.row, "test", text="new", format="plain")
            else:
                changes.recall(database.writing, job.row, "test")
            (job,) = settle(wanted=1)
        return job

    return claim


def effect_on(database, source, row, chat_id):
    with database.reading() as session:
        chat, group = chats.get(session, chat_id), operators_group.chosen_group(session)
        return Effect(
            state_of(session, source, row),
            "unknown" if chat is None else str(chat.status),
            group and group.chat_id,
        )


def state_of(session, source, row):
    """The word for the one line of a broadcast, message of an operation, row of the outbox."""
    if source == "broadcast":
        (state,) = deliveries.states_of(session, row)
        return state.word
    if source == "outbox":
        message = session.get(Message, row)
        assert message is not None
        assert message.state is not None
        return DeliveryState(message.state).word
    operation = operations.find(session, row)
    return "failed" if operation.failed else "done" if operation.done else "pending"


def spread(table):
    return [(verdict, source, effect) for verdict, sources, effect in table for source in sources]


GROUP_EFFECTS = [
    ("sent", ("broadcast", "outbox"), Effect("sent", "active")),
    ("sent", ("edit", "recall"), Effect("done", "active")),
    ("gone", SOURCES, Effect("failed", "left", None)),
    ("migrated", ("broadcast", "outbox"), Effect("pending", "unknown", SUPERGROUP)),
    ("migrated", ("edit", "recall"), Effect("failed", "unknown", SUPERGROUP)),
    ("refused", SOURCES, Effect("failed", "active")),
    ("content", SOURCES, Effect("failed", "active")),
    ("server", SOURCES, Effect("failed", "active")),
    ("unknown", ("broadcast", "outbox"), Effect("unknown", "active")),
    ("unknown", ("edit", "recall"), Effect("pending", "active")),
]


PERSON_EFFECTS = [
    ("sent", ("broadcast", "outbox"), Effect("sent", "active")),
    ("gone", SOURCES, Effect("failed", "blocked")),
    ("refused", SOURCES, Effect("failed", "active")),
]


@pytest.mark.parametrize(
    ("chat_id", "verdict", "source", "effect"),
    [(GROUP, *row) for row in spread(GROUP_EFFECTS)]
    + [(PERSON, *row) for row in spread(PERSON_EFFECTS)],
)
def test_a_verdict_changes_the_row_the_chat_and_the_choice_of_a_group(
    chat_id, verdict, source, effect, claim, settle, database
):
    job = claim(source, chat_id)

    settle([Result(job, VERDICTS[verdict])], wanted=0)

    assert effect_on(database, source, job.row, chat_id) == effect


@pytest.mark.parametrize("source", ["broadcast", "outbox"])
def test_a_message_to_a_group_that_has_migrated_goes_to_the_new_id(source, claim, settle, database):
    job = claim(source, GROUP)

    settle([Result(job, VERDICTS["migrated"])], wanted=0)

    with database.reading() as session:
        moved = chats.find(session, SUPERGROUP)
    assert (moved.status, moved.approved, moved.title) == ("active", True, "Desk")
    assert [(job.row, job.chat_id) for job in settle(wanted=1)] == [(job.row, SUPERGROUP)]


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_tried_again_changes_nothing_else(source, claim, settle, database):
    job = claim(source, GROUP)

    settle([again(job, "flood", time.monotonic() + 60)], wanted=0)

    assert effect_on(database, source, job.row, GROUP) == Effect("pending", "active")


# Files and conversations: what an answer says of an upload, of a topic, to the operators

REFUSED_ID = Verdict(Kind.CONTENT, "content", "Bad Request: wrong file identifier specified")
NO_TOPIC = Verdict(Kind.REFUSED, "not_found", "Bad Request: message thread not found")
UPLOADED = Verdict(Kind.SENT, message_id=5, result={"document": {"file_id": "F"}})


@pytest.fixture
def desk(database):
    """The operators' group, with topics, and Ann, who has written."""
    with database.writing() as session:
        chats.remember(session, PERSON, first_name="Ann")
        chats.remember(session, GROUP, type="supergroup", title="Desk")
        operators_group.set_group(session, operators_group.Group(GROUP, topics=True))
        threads.ensure(session, PERSON)


@pytest.fixture
def copy(database, desk, settle):
    """`copy(topic=44)`: a call to the operators' group about Ann, claimed."""

    def copy(method="sendMessage", topic=None):
        with database.writing() as session:
            threads.set_topic(session, PERSON, topic)
            messages.queue(session, GROUP, method, {"text": "hi"}, about_chat_id=PERSON)
        (job,) = settle()
        return job

    return copy


@pytest.fixture
def send_file(database, settle, settings):
    """`send_file("broadcast")`: a call that brings a file along, claimed."""
    with database.writing() as session:
        put_setting(session, BOT, {"id": BOT_ID})
        chats.remember(session, PERSON, first_name="Ann")

    def send_file(source, to=(f"chat:{PERSON}",)):
        kept = media.keep(settings.data, "document", io.BytesIO(b"plan"), "plan.txt")
        with database.writing() as session:
            if source == "outbox":
                replies.answer_file(session, PERSON, kept)
            else:
                number = media.record(session, kept).id
                create(session, NewBroadcast("", to=to, media=(number,)))
        settle(wanted=0)
        (job,) = settle()
        return job

    return send_file


@pytest.mark.parametrize("source", ["broadcast", "outbox"])
def test_a_file_is_uploaded_once_and_once_more_where_its_id_is_refused(
    source, send_file, settle, database
):
    job = send_file(source)
    assert job.upload is not None
    settle([Result(job, UPLOADED)])
    job = send_file(source)
    assert job.upload is None
    assert json.loads(job.body)["document"] == "F"

    (again,) = settle([Result(job, REFUSED_ID)])

    assert again.upload is not None
    assert (again.row, again.tries) == (job.row, 0), "which costs no try"
    settle([Result(again, REFUSED_ID)])
    assert effect_on(database, source, job.row, PERSON).row == "failed"


def topic_of(database):
    with database.reading() as session:
        return threads.get(session, PERSON).group_topic_id


def test_a_copy_whose_topic_was_deleted_goes_into_the_group(copy, settle, database):
    job = copy(topic=44)
    assert json.loads(job.body)["message_thread_id"] == 44

    (again,) = settle([Result(job, NO_TOPIC)])

    assert (again.row, again.tries) == (job.row, 0), "which costs no try"
    assert "message_thread_id" not in json.loads(again.body)
    assert topic_of(database) is None
    settle([Result(again, NO_TOPIC)])
    assert effect_on(database, "outbox", job.row, GROUP).row == "failed"


@pytest.mark.parametrize("source", ["broadcast", "edit", "recall"])
def test_a_lost_topic_is_the_inboxs_affair_alone(source, claim, settle, database):
    """The row's number means another table there."""
    job = claim(source, GROUP)

    settle([Result(job, NO_TOPIC)], wanted=0)

    assert effect_on(database, source, job.row, GROUP).row == "failed"


@pytest.mark.parametrize(
    ("verdict", "topic", "group"),
    [
        (Verdict(Kind.SENT, result={"message_thread_id": 45}), 45, {"topics": True}),
        (VERDICTS["refused"], None, {"topics_off": True}),
        # none of our own words for it: a right that a bot in the group may lack is not its absence
        (Verdict(Kind.GONE, "no_rights", "not enough rights"), None, {"topics_off": True}),
        (Verdict(Kind.REFUSED, "too_long", "topic name is too long"), None, {"topics": True}),
        (VERDICTS["unknown"], None, {"topics": True}),
    ],
)
def test_a_topic_is_made_or_the_group_does_without(verdict, topic, group, copy, settle, database):
    job = copy(NEW_TOPIC)

    settle([Result(job, verdict)], wanted=0)

    assert topic_of(database) == topic
    with database.reading() as session:
        chosen = operators_group.chosen_group(session)
        assert chosen == operators_group.Group(GROUP, **group)
        assert chats.find(session, GROUP).status == "active"


@pytest.mark.parametrize(
    ("verdict", "told"),
    [("sent", False), ("unknown", False), ("gone", True), ("refused", True), ("content", True)],
)
def test_the_group_is_told_of_an_answer_that_did_not_arrive(verdict, told, desk, settle, database):
    with database.writing() as session:
        replies.answer(session, PERSON, "hi")
    (job,) = settle(wanted=1)

    settle([Result(job, VERDICTS[verdict])], wanted=0)

    with database.reading() as session:
        texts = [message.text for message in messages.thread(session, GROUP, 10)]
    assert any("Not delivered" in text for text in texts) is told


def test_who_loses_the_operators_group_gives_up_what_waits_for_it(copy, settle, database):
    """Also what is put back in the same transaction: somebody else may add the bot there again."""
    job = copy()
    with database.writing() as session:
        chats.set_approved(session, chats.find(session, GROUP), True, None)
        create(session, NewBroadcast("hi", to=(f"chat:{GROUP}",)))
    settle(wanted=0)
    (other,) = settle()

    claimed = settle(
        [Result(other, VERDICTS["gone"]), again(job, "flood", time.monotonic())], wanted=9
    )

    assert claimed == []
    assert effect_on(database, "outbox", job.row, GROUP) == Effect("failed", "left", None)


def test_a_refused_file_id_costs_nobody_their_message(send_file, settle, database):
    """Some of those in flight are refused at once, some later, some not at all."""
    with database.writing() as session:
        add_chats(session, *range(100, 103))
    first = send_file("broadcast", ("all",))
    jobs = settle([Result(first, UPLOADED)])
    assert [job.upload for job in jobs] == [None] * 3

    (upload,) = settle([Result(jobs[0], REFUSED_ID), Result(jobs[1], UPLOADED)])
    assert upload.upload is not None
    renewed = Verdict(Kind.SENT, message_id=6, result={"document": {"file_id": "F2"}})
    (last,) = settle([Result(jobs[2], REFUSED_ID), Result(upload, renewed)])

    assert json.loads(last.body)["document"] == "F2"
    settle([Result(last, renewed)])
    with database.reading() as session:
        assert deliveries.states_of(session, first.row) == {DeliveryState.SENT: 4}


def test_a_file_whose_new_id_is_refused_as_well_is_at_fault(send_file, settle, database):
    with database.writing() as session:
        add_chats(session, 100, 101)
    upload = send_file("broadcast", ("all",))
    (first, second) = settle([Result(upload, UPLOADED)])
    (upload,) = settle([Result(first, REFUSED_ID), again(second, "pause", 0.0)])
    (job,) = settle([Result(upload, UPLOADED)])

    assert settle([Result(job, REFUSED_ID)]) == []
    with database.reading() as session:
        states = deliveries.states_of(session, upload.row)
    assert states == {DeliveryState.SENT: 2, DeliveryState.FAILED: 1}


NOT_FOUND = Verdict(Kind.REFUSED, "chat_not_found", "chat not found", about_chat=True)


@pytest.mark.parametrize(
    ("somebody_got_it", "status"),
    [(True, "lost"), (False, "active")],
    ids=["lost", "another bot's token"],
)
def test_a_chat_that_telegram_does_not_know_is_lost_after_three_broadcasts(
    somebody_got_it, status, database, settle
):
    with database.writing() as session:
        add_chats(session, 1, 2)
    for _ in range(3):
        with database.writing() as session:
            create(session, NewBroadcast("x", to=("all",)))
        settle(wanted=0)
        jobs = settle(wanted=2)
        if not jobs:
            jobs = settle(wanted=2)
        settle(
            [
                Result(j, Verdict(Kind.SENT, message_id=1))
                for j in jobs
                if j.chat_id == 1 and somebody_got_it
            ],
            0,
        )
        settle([Result(j, NOT_FOUND) for j in jobs if j.chat_id == 2 or not somebody_got_it], 0)

    with database.reading() as session:
        assert chats.find(session, 2).status == status
        assert chats.find(session, 1).status == "active"


@pytest.mark.parametrize("restarted", [False, True])
def test_what_arrives_in_between_begins_the_count_anew(restarted, database, settle, coordinator):
    with database.writing() as session:
        add_chats(session, 1, 2)
        chats.count_not_found(session, 2)
        chats.count_not_found(session, 2)
    settle()
    if not restarted:  # this engine has counted them itself
        coordinator.forget()
        settle()
    with database.writing() as session:
        create(session, NewBroadcast("x", to=("all",)))
    settle(wanted=0)
    settle([Result(job, Verdict(Kind.SENT, message_id=1)) for job in settle(wanted=2)])

    with database.reading() as session:
        assert chats.find(session, 2).not_found == 0
