"""What the engine notices, when, and without taking the write lock."""

import pytest

from appliance.crud import leases
from appliance.crud.messages import messages
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.jobs import Moment, Result
from appliance.delivery.retry_policy import again
from appliance.services.broadcasts import NewBroadcast, changes, create
from appliance.services.leases import DELIVERY, FENCE_BEAT_SECONDS
from support.people import add_chats

NOW = Moment(1_790_000_000.0, 1000.0)


def after(seconds):
    return Moment(NOW.wall + seconds, NOW.mono + seconds)


@pytest.fixture(autouse=True)
def five(database):
    with database.writing() as session:
        add_chats(session, *range(1, 6))


@pytest.fixture
def idle(coordinator):
    """It has looked at all there is and given a sign of life, at NOW."""
    coordinator.settle([], 0, None, "idle", NOW)


def queue_broadcast(session):
    create(session, NewBroadcast("hi", to=("all",)))


def queue_message(session):
    messages.queue(session, 5, "sendMessage", {"text": "r"}, text="r")


@pytest.mark.parametrize("news", [queue_broadcast, queue_message])
def test_what_another_process_queued_is_noticed(news, idle, coordinator, database):
    assert not coordinator.look(after(1))
    assert not coordinator.work
    with database.writing() as session:
        news(session)

    assert coordinator.look(after(1))
    assert coordinator.work


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_decision_is_noticed(verb, coordinator, queue, database):
    number = queue()
    if verb == "resume":
        changes.pause(database.writing, number, "me")
    for _ in range(2):  # frozen, and then claimed
        jobs = coordinator.settle([], 9, None, "", NOW)
    assert len(jobs) == (5 if verb == "pause" else 0)
    assert not coordinator.look(after(1))
    getattr(changes, verb)(database.writing, number, "me")

    assert coordinator.look(after(1))


def test_an_edit_is_noticed(coordinator, queue, database):
    number = queue()
    coordinator.settle([], 0, None, "", NOW)
    jobs = coordinator.settle([], 9, None, "", NOW)
    sent = [Result(job, Verdict(Kind.SENT, message_id=1)) for job in jobs]
    coordinator.settle(sent, 0, None, "", NOW)
    coordinator.settle([], 0, None, "", after(1))
    assert not coordinator.look(after(1))

    changes.edit(database.writing, number, "me", text="new", format="plain")

    assert coordinator.look(after(1))


def test_another_try_is_noticed_when_it_is_due(coordinator, queue):
    queue()
    coordinator.settle([], 0, None, "", NOW)
    jobs = coordinator.settle([], 9, None, "", NOW)
    coordinator.settle([again(jobs[0], "server_error", NOW.mono + 1)], 9, None, "", NOW)

    assert not coordinator.look(after(0.9))
    assert coordinator.look(after(1.1))


def test_without_work_it_gives_a_sign_of_life(idle, coordinator, database):
    assert not coordinator.look(after(FENCE_BEAT_SECONDS - 0.1))
    assert coordinator.look(after(FENCE_BEAT_SECONDS))
    assert not coordinator.work
    coordinator.settle([], 0, None, "idle", after(FENCE_BEAT_SECONDS))

    assert not coordinator.look(after(FENCE_BEAT_SECONDS + 1))
    with database.reading() as session:
        assert leases.get_lease(session, DELIVERY).heartbeat_at.timestamp() == NOW.wall + 3


def test_after_a_transaction_it_knows_whether_there_is_more(coordinator, queue, database):
    """Else it would begin another one, or wait for the next look."""
    queue()
    coordinator.settle([], 0, None, "", NOW)
    assert coordinator.work, "it has just been frozen"
    jobs = coordinator.settle([], 4, None, "", NOW)
    assert coordinator.work, "one is left"
    jobs += coordinator.settle([], 4, None, "", NOW)
    assert not coordinator.work
    later = [again(job, "server_error", NOW.mono + 1) for job in jobs]
    coordinator.settle(later, 9, None, "", NOW)
    assert not coordinator.work, "they wait for another second"
    coordinator.settle([], 0, None, "", after(1))
    assert coordinator.work
