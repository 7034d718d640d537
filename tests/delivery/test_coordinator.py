"""The engine's transaction: all or nothing, and only under the lease."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud import deliveries, settings
from appliance.crud.broadcasts import broadcasts, operations
from appliance.crud.chats import chats
from appliance.crud.messages import messages
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.coordinator import Coordinator
from appliance.delivery.jobs import Moment, Result
from appliance.delivery.pacer import ChatPacer
from appliance.delivery.retry_policy import again
from appliance.models import ChatStatus, DeliveryState, Message, Priority, utcnow
from appliance.services.broadcasts import NewBroadcast, changes, lifecycle
from appliance.services.leases import DELIVERY, Holding, LeaseLost
from appliance.services.timing.steady import SteadyClock
from support.people import add_chats


@pytest.fixture(autouse=True)
def five(database):
    with database.writing() as session:
        add_chats(session, *range(1, 6))


def test_what_is_claimed_is_committed_as_sending(settle, queue, shown):
    number = queue()
    settle()

    jobs = settle(wanted=3)

    assert [job.chat_id for job in jobs] == [1, 2, 3]
    assert (shown(number).sending, shown(number).pending) == (3, 2)


def test_who_stopped_after_the_freeze_is_skipped(settle, queue, shown, database):
    number = queue()
    settle(wanted=0)
    with database.writing() as session:
        chats.set_status(session, 1, ChatStatus.STOPPED)
        chats.set_status(session, 2, ChatStatus.BLOCKED)
        session.delete(chats.find(session, 3))

    jobs = settle()

    assert [job.chat_id for job in jobs] == [4, 5]
    assert (shown(number).skipped, shown(number).failed) == (3, 0)
    assert shown(number).reasons == {"chat_stopped": 1, "chat_blocked": 1, "chat_forgotten": 1}


def test_the_last_outcome_ends_the_broadcast(settle, queue, shown):
    number = queue()
    settle()
    jobs = settle()

    settle([Result(job, Verdict(Kind.SENT, message_id=1)) for job in jobs])

    assert (shown(number).status, shown(number).sent) == ("done", 5)


def test_replies_come_first(settle, queue, database):
    queue()
    settle()
    with database.writing() as session:
        messages.queue(session, 5, "sendMessage", {"text": "r"}, text="r")

    jobs = settle(wanted=2)

    assert [job.chat_id for job in jobs] == [5, 1]


def test_notifications_go_before_broadcasts(settle, queue, database):
    queue()
    urgent = queue()
    with database.writing() as session:
        broadcasts.get(session, urgent).priority = Priority.NOTIFICATION
    settle(wanted=0)
    settle(wanted=0)

    jobs = settle(wanted=6)

    assert [job.row for job in jobs] == [urgent] * 5 + [urgent - 1]


def test_what_another_process_changed_is_seen_in_the_next_transaction(
    settle, coordinator, queue, database
):
    number = queue()
    settle(wanted=1)
    settle(wanted=0)  # nothing was written in between
    changes.pause(database.writing, number, "test")

    assert settle(wanted=1) == []


def test_a_pause_told_to_another_part_is_heard_and_never_shortened(
    settle, coordinator, queue, database
):
    queue()
    settle()
    with database.writing() as session:
        settings.prolong_pause(session, settings.FLOOD, 3600, utcnow())
        pause = settings.pause_of(session, settings.FLOOD)

    settle(flood_seconds=1800)

    assert coordinator.flood_pause == pause
    with database.reading() as session:
        assert settings.pause_of(session, settings.FLOOD) == pause


def test_a_lost_lease_changes_nothing(settle, queue, shown, lease):
    number = queue()
    settle()
    lease.release()

    with pytest.raises(LeaseLost):
        settle()

    assert (shown(number).sending, shown(number).pending) == (0, 5)


def test_a_paused_broadcast_is_claimed_no_more(settle, coordinator, queue, database):
    number = queue()
    settle()
    (job, *_) = settle(wanted=1)
    changes.pause(database.writing, number, "test")

    assert settle() == []
    assert coordinator.is_stopped(job)


def test_what_is_edited_goes_on_with_the_new_words(settle, coordinator, queue, database):
    number = queue("old")
    settle()
    (old, *_) = settle(wanted=1)
    changes.edit(database.writing, number, "me", text="new", format="plain")

    jobs = settle([again(old, "stopped", 0.0)])

    assert coordinator.is_stopped(old)
    assert {json.loads(job.body)["text"] for job in jobs} == {"new"}
    assert [job.chat_id for job in jobs] == [1, 2, 3, 4, 5]


def test_what_is_held_of_a_halted_broadcast_does_not_leave(settle, coordinator, queue):
    queue()
    settle()
    jobs = settle()
    refused = Verdict(Kind.CONTENT, "content", "can't parse entities")
    assert not coordinator.is_stopped(jobs[4])

    settle([Result(job, refused) for job in jobs[:3]])

    assert coordinator.is_stopped(jobs[4])


def test_an_outcome_after_a_pause_is_kept(settle, queue, database, shown):
    number = queue()
    settle()
    jobs = settle(wanted=1)
    changes.pause(database.writing, number, "test")

    settle([Result(jobs[0], Verdict(Kind.SENT, message_id=4))])

    assert (shown(number).sent, shown(number).sending) == (1, 0)


def test_the_flood_pause_is_stored_with_the_outcomes(settle, database):
    settle(flood_seconds=30)

    with database.reading() as session:
        pause = settings.pause_of(session, settings.FLOOD)
    assert pause.seconds == 30
    assert pause.until - time.time() == pytest.approx(30, abs=5)


def test_an_outcome_that_comes_after_a_takeover_keeps_the_counters_true(
    settle, coordinator, queue, database, shown
):
    number = queue()
    settle()
    jobs = settle(wanted=2)
    with database.writing() as session:  # the process that took over
        deliveries.recover(session, number, [job.chat_id for job in jobs], 0)

    coordinator.hand_in([Result(jobs[0], Verdict(Kind.SENT, message_id=4))], Moment(0.0, 0.0))

    with database.reading() as session:
        states = deliveries.states_of(session, number)
    assert states == {DeliveryState.UNKNOWN: 2, DeliveryState.PENDING: 3}
    assert (shown(number).unknown, shown(number).pending, shown(number).sent) == (2, 3, 0)


def test_what_was_forgotten_is_looked_for_at_once(settle, coordinator, queue):
    queue()
    settle()
    settle(wanted=1)
    coordinator.forget()

    assert coordinator.doubtful
    assert coordinator.look(Moment(time.time(), time.monotonic()))
    assert coordinator.work


def test_outcomes_from_before_and_after_a_resume_are_all_kept(settle, queue, database, shown):
    """One broadcast, two runs of it in memory: the first one's call took long."""
    number = queue()
    settle()
    before = settle(wanted=1)
    changes.pause(database.writing, number, "test")
    settle()
    changes.resume(database.writing, number, "test")
    after = settle(wanted=1)

    settle([Result(job, Verdict(Kind.SENT, message_id=4)) for job in [*before, *after]], wanted=0)

    assert (shown(number).sent, shown(number).sending) == (2, 0)


@pytest.mark.parametrize("what", ["broadcast", "message"])
def test_what_was_claimed_and_is_not_held_waits_again(what, settle, coordinator, queue, database):
    """After a failed transaction: of two that were claimed one is held, the other never left."""
    with database.writing() as session:
        if what == "message":
            for chat_id in (4, 5):
                messages.queue(session, chat_id, "sendMessage", {"text": "r"}, text="r")
    if what == "broadcast":
        queue()
    settle(wanted=0)
    held, lost = settle(wanted=2)
    coordinator.forget()

    coordinator.reconcile([held], Moment(time.time(), time.monotonic()))

    assert not coordinator.doubtful
    again = settle()
    assert lost.chat_id in {job.chat_id for job in again}
    assert held.chat_id not in {job.chat_id for job in again}


@pytest.mark.parametrize("when", ["before it", "while it looks who is being sent to"])
@pytest.mark.parametrize("walk", ["recover", "reconcile"])
def test_a_takeover_changes_no_line_of_the_new_holder(
    walk, when, settle, coordinator, queue, database, lease, shown, monkeypatch
):
    number = queue()
    settle()
    settle(wanted=2)
    walked = deliveries.chats_in

    def taken_over(*args):
        take_over(database, lease)
        return walked(*args)

    if when == "before it":
        take_over(database, lease)
    else:
        monkeypatch.setattr(deliveries, "chats_in", taken_over)
    now = Moment(time.time(), time.monotonic())
    with pytest.raises(LeaseLost):
        coordinator.recover(now) if walk == "recover" else coordinator.reconcile([], now)

    assert shown(number).sending == 2


@pytest.mark.parametrize("walk", ["recover", "reconcile"])
def test_a_takeover_changes_no_message_of_the_new_holder(
    walk, settle, coordinator, database, lease
):
    with database.writing() as session:
        messages.queue(session, 5, "sendMessage", {"text": "r"}, text="r")
    settle(wanted=1)
    take_over(database, lease)

    now = Moment(time.time(), time.monotonic())
    with pytest.raises(LeaseLost):
        coordinator.recover(now) if walk == "recover" else coordinator.reconcile([], now)

    with database.reading() as session:
        assert session.query(Message).one().state == DeliveryState.SENDING


def test_what_an_operation_was_told_after_a_takeover_is_not_counted(
    settle, coordinator, queue, database, lease
):
    """The new holder begins again from the cursor, and counts it itself."""
    number = queue()
    settle()
    settle([Result(job, Verdict(Kind.SENT, message_id=1)) for job in settle()])
    _, operation = changes.edit(database.writing, number, "me", text="new", format="plain")
    assert operation is not None
    edited = [Result(job, Verdict(Kind.SENT, message_id=1)) for job in settle(wanted=2)]
    take_over(database, lease)
    with pytest.raises(LeaseLost):
        settle()

    coordinator.hand_in(edited, Moment(time.time(), time.monotonic()))

    with database.reading() as session:
        assert operations.find(session, operation.id).done == 0


def test_a_last_outcome_after_a_takeover_is_nobodys_of_the_new_holder(
    settle, coordinator, queue, database, lease, shown
):
    """Somebody had it sent again meanwhile: what the new holder sends now is not `sent` yet."""
    number = queue()
    settle()
    claimed = settle(wanted=1)
    take_over(database, lease)
    with database.writing() as session:
        deliveries.put_back(session, number, [claimed[0].chat_id], 0)
        deliveries.take(session, number, [claimed[0].chat_id], 0)

    done = [Result(job, Verdict(Kind.SENT, message_id=1)) for job in claimed]
    coordinator.hand_in(done, Moment(time.time(), time.monotonic()))

    assert (shown(number).sent, shown(number).sending) == (0, 1)


def take_over(database, lease):
    """As another process does, when this one was frozen for too long."""
    lease.release()
    assert Holding(database, DELIVERY, holder="somebody else").acquire()


def test_a_crash_leaves_unknown_what_was_being_sent_in_each_broadcast(
    settle, coordinator, queue, shown
):
    numbers = [queue(), queue()]
    settle(wanted=0)
    settle(wanted=0)
    settle(wanted=6)

    lost = coordinator.recover(Moment(time.time(), time.monotonic()))

    assert lost == 6
    assert [(shown(n).unknown, shown(n).sending, shown(n).pending) for n in numbers] == [
        (3, 0, 2)
    ] * 2


def test_who_is_put_back_after_a_cancellation_is_skipped(settle, queue, database, shown):
    """Whoever cancelled it went through the ledger while they were being sent."""
    number = queue()
    settle()
    jobs = settle(wanted=2)
    changes.cancel(database.writing, number, "test")
    settle()

    settle([again(job, "stopped", 0.0) for job in jobs])

    assert (shown(number).pending, shown(number).sending, shown(number).skipped) == (0, 0, 5)
    assert shown(number).reasons == {"cancelled": 5}


@pytest.mark.parametrize("walk", ["recover", "reconcile"])
def test_nobody_waits_while_a_ledger_is_looked_through(
    walk, settle, coordinator, queue, database, monkeypatch, shown
):
    number = queue()
    settle()
    settle(wanted=2)
    walked = deliveries.chats_in
    others = []

    def beside(*args):
        with database.writing() as session:
            others.append(chats.remember(session, 99).id)
        return walked(*args)

    monkeypatch.setattr(deliveries, "chats_in", beside)
    now = Moment(time.time(), time.monotonic())
    if walk == "recover":
        coordinator.recover(now)
    else:
        coordinator.reconcile([], now)

    assert others == [99]
    assert (shown(number).sending, shown(number).pending + shown(number).unknown) == (0, 5)


def test_what_is_handed_in_at_a_stop_is_kept(settle, coordinator, queue, shown):
    number = queue()
    settle()
    jobs = settle(wanted=2)

    coordinator.hand_in(
        [Result(job, Verdict(Kind.SENT, message_id=4)) for job in jobs],
        Moment(time.time(), time.monotonic()),
    )

    assert (shown(number).sent, shown(number).sending) == (2, 0)


def test_a_clock_that_is_a_day_ahead_for_a_moment_begins_nothing(database, lease, shown):
    """Nor does one that goes on with it after the jump has cost the engine its lease."""
    clock, at = SteadyClock(), Moment(time.time(), time.monotonic())
    tomorrow = utcnow() + timedelta(hours=23.9)
    with database.writing() as session:
        new = NewBroadcast("x", to=("all",), starts_at=tomorrow)
        number = lifecycle.create(session, new)[0].id
    ahead = Moment(at.wall + 86_400, at.mono + 3)
    first = Coordinator(database, lease, ChatPacer(), clock=clock)
    first.settle([], 10, None, "idle", at)
    first.settle([], 10, None, "idle", ahead)
    lease.acquire(datetime.fromtimestamp(ahead.wall, UTC))
    second = Coordinator(database, lease, ChatPacer(), clock=clock)
    second.recover(ahead)
    second.settle([], 10, None, "idle", Moment(ahead.wall + 3, ahead.mono + 3))
    assert shown(number).status == "scheduled" and shown(number).cursor is None
    for seconds in (6, 70):  # what lasts is the time
        second.settle([], 10, None, "idle", Moment(ahead.wall + seconds, ahead.mono + seconds))
    assert shown(number).status == "running"
