"""What comes back to the coordinator: at a stop, after a cancellation, when pauses are ended."""

import time

import pytest

from appliance.crud.broadcasts import operations
from appliance.crud.messages import messages
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.jobs import Moment, Result
from appliance.delivery.retry_policy import again
from appliance.services.broadcasts import changes
from support.people import add_chats


@pytest.fixture(autouse=True)
def five(database):
    with database.writing() as session:
        add_chats(session, *range(1, 6))


def now():
    return Moment(time.time(), time.monotonic())


def sent(job):
    return Result(job, Verdict(Kind.SENT, message_id=1))


def wait_for_an_hour(job):
    return again(job, "chat_pause", time.monotonic() + 3600)


@pytest.fixture
def edited(settle, queue, database):
    """The number of an edit of a broadcast that all five have got."""
    number = queue()
    settle()
    settle([sent(job) for job in settle()])
    _, operation = changes.edit(database.writing, number, "me", text="new", format="plain")
    assert operation is not None
    return operation.id


def test_what_an_edit_was_told_is_kept_at_a_stop(edited, settle, coordinator, database):
    coordinator.hand_in([sent(job) for job in settle(wanted=2)], now())

    with database.reading() as session:
        assert operations.find(session, edited).done == 2


@pytest.mark.parametrize("what", ["message", "broadcast", "edit"])
def test_when_all_pauses_are_ended_whoever_waits_is_tried_at_once(
    what, settle, coordinator, queue, database, request
):
    if what == "edit":
        request.getfixturevalue("edited")
    elif what == "broadcast":
        queue()
        settle()
    else:
        with database.writing() as session:
            messages.queue(session, 1, "sendMessage", {"text": "r"}, text="r")
    jobs = settle()
    settle([wait_for_an_hour(job) for job in jobs])
    assert jobs
    assert settle() == []

    coordinator.hurry(now())

    assert {job.chat_id for job in settle()} == {job.chat_id for job in jobs}


@pytest.mark.parametrize("count", [1, 3])
def test_all_who_are_put_back_after_a_cancellation_are_skipped(
    count, settle, queue, database, shown
):
    number = queue()
    settle()
    jobs = settle(wanted=count)
    changes.cancel(database.writing, number, "me")
    left = shown(number).pending

    settle([again(job, "stopped", 0.0) for job in jobs])

    assert shown(number).pending == left == 0
    assert shown(number).skipped == 5
