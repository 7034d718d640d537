"""Decisions about a broadcast that was queued: who may, when, and that they are recorded."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts, events, operations
from appliance.crud.chats import chats
from appliance.crud.deliveries import DeliveryOutcome
from appliance.database import Database
from appliance.errors import Conflict, Invalid, NotFound, NothingToDo
from appliance.models import (
    Broadcast,
    BroadcastEvent,
    BroadcastStatus,
    Delivery,
    DeliveryState,
    Operation,
    utcnow,
)
from appliance.services.broadcasts import NewBroadcast, changes, lifecycle, schedules
from appliance.services.broadcasts.ledger_walk import Write
from support.people import add_chats

NOW = 1_790_000_000


@pytest.fixture
def number(database):
    return finished(database)


def finished(database: Database) -> int:
    """A finished broadcast: 1 and 2 sent, 3 failed, 4 unknown."""
    with database.writing() as session:
        add_chats(session, 1, 2, 3, 4)
        made, _ = lifecycle.create(session, NewBroadcast("hello", to=("all",)))
        from appliance.crud.broadcasts import audience

        chosen = lifecycle.audience_of(made)
        count, last = audience.freeze(session, made.id, chosen, None, 100, NOW)
        broadcasts.add_frozen(session, made.id, count, last, made.created_at)
        deliveries.take(session, made.id, [1, 2, 3, 4], NOW)
        outcomes = [
            DeliveryOutcome(1, DeliveryState.SENT, message_id=11),
            DeliveryOutcome(2, DeliveryState.SENT, message_id=12),
            DeliveryOutcome(3, DeliveryState.FAILED, "chat_not_found"),
            DeliveryOutcome(4, DeliveryState.UNKNOWN, "no_answer"),
        ]
        deliveries.record(session, made.id, outcomes, NOW)
        session.refresh(made)
        made.status = BroadcastStatus.DONE
        return made.id


@pytest.mark.parametrize(("which", "chat"), [("failed", 3), ("unknown", 4)])
def test_retry_takes_only_those(database, number, which, chat):
    changed, count = changes.retry(database.writing, number, which, "cli:ann")
    assert (changed.status, changed.pending, count) == ("running", 1, 1)
    assert changed.finished_at is None
    with database.reading() as session:
        assert deliveries.chats_in(session, number, [DeliveryState.PENDING]) == [chat]
        (event,) = events.list_for(session, number)
    assert (event.actor, event.action) == ("cli:ann", "retry")
    assert event.details == {"which": which, "count": 1}


def test_retry_keeps_the_counters_true(database, number):
    row, _ = changes.retry(database.writing, number, "failed", "x")
    assert (row.sent, row.failed, row.unknown, row.pending) == (2, 0, 1, 1)
    assert row.reasons == {"no_answer": 1}


def test_retry_of_nobody_is_nothing_to_do(database, number):
    changes.retry(database.writing, number, "failed", "x")
    with pytest.raises(NothingToDo):
        changes.retry(database.writing, number, "failed", "x")


def test_a_cancelled_broadcast_cannot_be_retried(database, number):
    with database.writing() as session:
        broadcasts.get(session, number).status = BroadcastStatus.CANCELLED
    with pytest.raises(Conflict, match="cancelled"):
        changes.retry(database.writing, number, "failed", "x")


@pytest.fixture
def missed(database):
    """A broadcast that should have begun an hour ago, and was cancelled by the schedule part."""
    with database.writing() as session:
        add_chats(session, 1)
        at = utcnow() - timedelta(hours=1)
        new = NewBroadcast("hello", to=("all",), starts_at=at, max_late=60)
        made, _ = lifecycle.create(session, new, at)
    assert schedules.cancel_missed(database, utcnow()) == [made.id]
    return made.id


def test_what_missed_its_time_can_be_brought_back(database, missed):
    row, _ = changes.retry(database.writing, missed, changes.MISSED, "cli:ann")
    assert (row.status, row.note, row.finished_at, row.max_late) == ("scheduled", None, None, None)
    assert schedules.cancel_missed(database, utcnow()) == []
    with database.reading() as session:
        event = events.list_for(session, missed)[-1]
    assert (event.actor, event.action, event.details) == ("cli:ann", "retry", {"which": "missed"})
    with pytest.raises(NothingToDo):
        changes.retry(database.writing, missed, changes.MISSED, "cli:ann")


def test_what_a_wrong_clock_cancelled_waits_for_its_time_again(database, missed):
    at = utcnow() + timedelta(hours=1)
    with database.writing() as session:
        broadcasts.get(session, missed).starts_at = at
    row, _ = changes.retry(database.writing, missed, changes.MISSED, "x")
    assert (row.status, row.starts_at, row.max_late) == ("scheduled", at, 60)


def test_what_a_person_cancelled_stays_so(database, number, missed):
    changes.retry(database.writing, missed, changes.MISSED, "x")
    changes.cancel(database.writing, missed, "x")
    for other in (missed, number):
        with pytest.raises(NothingToDo, match="did not miss"):
            changes.retry(database.writing, other, changes.MISSED, "x")


class Interrupted:
    """Opens transactions, and lets something happen before one of them, counted from 1."""

    def __init__(self, database: Database, meanwhile: Callable[[], object], before: int) -> None:
        self._database, self._meanwhile, self._before, self._opened = database, meanwhile, before, 0

    def __call__(self) -> AbstractContextManager[Session]:
        self._opened += 1
        if self._opened == self._before:
            self._meanwhile()
        return self._database.writing()


@pytest.fixture
def failures(database, number, monkeypatch):
    """A finished broadcast that failed for all four; two lines are a part."""
    monkeypatch.setattr(changes, "ROWS_PER_TRANSACTION", 2)
    with database.writing() as session:
        rows = select(Delivery).where(Delivery.broadcast_id == number)
        for row in session.scalars(rows):
            row.state, row.reason = DeliveryState.FAILED, f"reason_{row.chat_id % 2}"
        broadcast = broadcasts.get(session, number)
        broadcast.sent, broadcast.failed = 0, 4
        broadcast.reasons = {"reason_0": 2, "reason_1": 2}
    return number


def seen(database: Database, number: int) -> tuple[str, int, int, dict[str, int], list[object]]:
    with database.reading() as session:
        row = broadcasts.get(session, number)
        told = [event.details for event in events.list_for(session, number)]
        return str(row.status), row.pending, row.failed, row.reasons, told


def test_a_retry_goes_by_parts_and_is_one_decision(database, failures):
    assert changes.retry(database.writing, failures, "failed", "x")[1] == 4
    told = [{"which": "failed", "count": 4}]
    assert seen(database, failures) == ("running", 4, 0, {}, told)


def test_a_retry_that_dies_is_repeated_for_the_rest(database, failures):
    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        changes.retry(Interrupted(database, die, 2), failures, "failed", "x")
    told = [{"which": "failed", "count": 2}]
    left = {"reason_0": 1, "reason_1": 1}
    assert seen(database, failures) == ("running", 2, 2, left, told)

    assert changes.retry(database.writing, failures, "failed", "x")[1] == 2
    assert seen(database, failures) == ("running", 4, 0, {}, told * 2)


def test_a_retry_runs_again_what_the_engine_finished_in_between(database, failures):
    def send() -> None:
        with database.writing() as session:
            pending = deliveries.chats_in(session, failures, [DeliveryState.PENDING])
            deliveries.take(session, failures, pending, NOW)
            sent = [DeliveryOutcome(chat, DeliveryState.SENT, message_id=9) for chat in pending]
            deliveries.record(session, failures, sent, NOW)
            assert broadcasts.finish(session, failures, utcnow())

    assert changes.retry(Interrupted(database, send, 2), failures, "failed", "x")[1] == 4
    assert seen(database, failures)[:3] == ("running", 2, 0)


def test_a_retry_ends_where_it_is_cancelled(database, failures):
    def cancel() -> None:
        changes.cancel(database.writing, failures, "y")

    row, count = changes.retry(Interrupted(database, cancel, 2), failures, "failed", "x")
    assert (row.status, count) == ("cancelled", 2)
    assert seen(database, failures)[1:3] == (0, 2)


def test_an_edit_is_checked_before_anything_changes(database, number):
    with pytest.raises(Invalid):
        changes.edit(database.writing, number, "x", text="<b>", format="html")
    with database.reading() as session:
        assert broadcasts.get(session, number).version == 1


def test_an_edit_raises_the_version_and_begins(database, number):
    changed, operation = edit(database.writing, number, "new")
    assert (changed.text, changed.version) == ("new", 2)
    assert operation is not None
    assert (operation.kind, operation.total, operation.status) == ("edit", 2, "running")


def test_a_second_edit_ends_the_first(database, number):
    edit(database.writing, number, "two")
    edit(database.writing, number, "three")
    assert statuses(database, number) == ["cancelled", "running"]


def test_of_two_edits_at_once_the_later_counts(database, number):
    meanwhile = Interrupted(database, lambda: edit(database.writing, number, "three"), 2)
    changed, operation = edit(meanwhile, number, "two")
    assert (changed.text, operation) == ("three", None)
    assert statuses(database, number) == ["cancelled", "running"]


def test_an_edit_finds_who_was_in_flight(database, number, monkeypatch):
    monkeypatch.setattr(changes, "ROWS_PER_LOOK", 2)
    late = NOW + 1_000_000_000  # the clock was put back since
    changes.retry(database.writing, number, "failed", "x")
    changes.retry(database.writing, number, "unknown", "x")
    with database.writing() as session:
        deliveries.take(session, number, [3, 4], NOW)

    def arrive() -> None:
        with database.writing() as session:
            sent = DeliveryOutcome(3, DeliveryState.SENT, message_id=9)
            deliveries.record(session, number, [sent], late)

    _, operation = edit(Interrupted(database, arrive, 2), number, "two")
    assert operation is not None
    assert (operation.late, operation.total) == ([4], 3)
    assert operation.created_at.timestamp() == late, "or the message of 3 would be left alone"


def test_a_recall_is_final(database, number):
    changes.recall(database.writing, number, "x")
    with pytest.raises(Conflict, match="recalled"):
        edit(database.writing, number, "two")


def test_a_recall_that_dies_is_repeated(database, number):
    def die() -> None:
        raise KeyboardInterrupt

    changes.retry(database.writing, number, "failed", "x")
    with pytest.raises(KeyboardInterrupt):
        changes.recall(Interrupted(database, die, 2), number, "x")
    assert seen(database, number)[0] == "cancelled"
    _, operation = changes.recall(database.writing, number, "x")
    assert operation is not None
    assert (operation.status, operation.total) == ("running", 2)
    assert statuses(database, number) == ["running"], "it is the same"
    assert [event.action for event in decisions(database, number)] == ["retry", "recall"]


def decisions(database: Database, number: int) -> Sequence[BroadcastEvent]:
    with database.reading() as session:
        return events.list_for(session, number)


@pytest.mark.parametrize("ended", [False, True])
def test_what_was_recalled_cannot_be_retried(database, number, ended):
    _, operation = changes.recall(database.writing, number, "x")
    assert operation is not None
    if ended:
        with database.writing() as session:
            assert operations.finish(session, operation.id, utcnow())
    for which in ("failed", "unknown"):
        with pytest.raises(Conflict, match="was recalled"):
            changes.retry(database.writing, number, which, "x")
    assert seen(database, number)[:3] == ("done", 0, 1)


def test_what_was_recalled_cannot_be_edited(database, number):
    """Each call would only be refused: there is nothing to edit."""
    _, operation = changes.recall(database.writing, number, "x")
    assert operation is not None
    with database.writing() as session:
        assert operations.finish(session, operation.id, utcnow())
        assert operations.recalled(session, [number, 99]) == {number}
    with pytest.raises(Conflict, match="was recalled: it cannot be edited"):
        changes.edit(database.writing, number, "x", text="new", format="plain")


@pytest.mark.parametrize("status", ["scheduled", "running", "paused", "halted"])
def test_a_recall_before_anybody_has_it_stops_it(database, status):
    with database.writing() as session:
        chats.remember(session, 1)
        made, _ = lifecycle.create(session, NewBroadcast("hello", to=("all",)))
        made.status, number = status, made.id

    row, operation = changes.recall(database.writing, number, "x")

    assert (row.status, operation) == ("cancelled", None)
    assert [event.action for event in decisions(database, number)] == ["recall"]
    with pytest.raises(NothingToDo):
        changes.recall(database.writing, number, "x")


def test_who_may_have_it_and_cannot_be_recalled(database, number):
    with database.reading() as session:
        assert changes.recallable(session, number).unknown == 1


def test_operations_pause_and_resume(database, number):
    edit(database.writing, number, "two")
    assert changes.pause(database.writing, number, "x").status == "done"
    assert statuses(database, number) == ["paused"]
    with pytest.raises(Conflict):
        changes.pause(database.writing, number, "x")
    assert changes.resume(database.writing, number, "x").status == "done"
    assert statuses(database, number) == ["running"]
    with pytest.raises(Conflict):
        changes.resume(database.writing, number, "x")


def test_an_unknown_broadcast(database):
    with database.reading() as session, pytest.raises(NotFound):
        changes.recallable(session, 4711)
    with pytest.raises(NotFound):
        changes.recall(database.writing, 4711, "x")


@pytest.mark.slow
def test_on_postgresql_a_retry_waits_for_the_engine(postgresql_database, wait_until):
    """A decision that looked before the engine committed left it done with somebody pending, or
    counted the ledger as it was before."""
    database = postgresql_database
    number = finished(database)
    with database.writing() as session:
        broadcasts.get(session, number).status = BroadcastStatus.RUNNING
        deliveries.requeue(session, number, DeliveryState.UNKNOWN, NOW, None, 9)
    with ThreadPoolExecutor(1) as other:
        with database.writing() as session:
            deliveries.take(session, number, [4], NOW)
            retried = other.submit(changes.retry, database.writing, number, "failed", "x")
            wait_until(lambda: waiting_for_a_lock(database))
        assert retried.result(10)[1] == 1
        assert counters(database, number) == {"pending": 1, "sending": 1, "sent": 2}

        with database.writing() as session:
            deliveries.record(session, number, [DeliveryOutcome(4, DeliveryState.FAILED)], NOW)
            deliveries.take(session, number, [3], NOW)
            deliveries.record(session, number, [DeliveryOutcome(3, DeliveryState.SENT)], NOW)
            assert broadcasts.finish(session, number, utcnow())
            retried = other.submit(changes.retry, database.writing, number, "failed", "x")
            wait_until(lambda: waiting_for_a_lock(database))
        # it found nobody's failure before; now 4 has failed, and is sent to again
        assert retried.result(10)[0].status == "running"
        assert counters(database, number) == {"pending": 1, "sent": 3}


def waiting_for_a_lock(database: Database) -> bool:
    with database.reading() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def counters(database: Database, number: int) -> dict[str, int]:
    with database.reading() as session:
        row = broadcasts.get(session, number)
        told = {state.word: getattr(row, state.word) for state in DeliveryState}
        counted = {s.word: n for s, n in deliveries.states_of(session, number).items()}
    assert {word: n for word, n in told.items() if n} == counted
    return counted


def edit(write: Write, number: int, words: str) -> tuple[Broadcast, Operation | None]:
    return changes.edit(write, number, "x", text=words, format="plain")


def statuses(database: Database, number: int) -> list[str]:
    with database.reading() as session:
        return [str(op.status) for op in operations.list_for(session, number)]


def test_decisions_are_recorded_with_who_made_them(database):
    with database.writing() as session:
        chats.remember(session, 1)
        made, _ = lifecycle.create(session, NewBroadcast("hello", to=("all",)))
    for decide in (changes.pause, changes.resume, changes.cancel):
        decide(database.writing, made.id, "user:7")
    with pytest.raises(Conflict):
        changes.resume(database.writing, made.id, "user:7")
    told = [(event.actor, event.action) for event in decisions(database, made.id)]
    assert told == [("user:7", "pause"), ("user:7", "resume"), ("user:7", "cancel")]


# From which state to which


@pytest.fixture
def change(database):
    """`change("pause", 1)` is the status after it."""

    def change(verb, number):
        return str(getattr(changes, verb)(database.writing, number, "x").status)

    return change


ALLOWED = {
    "pause": {"scheduled": "paused", "running": "paused"},
    "resume": {"paused": "scheduled", "halted": "scheduled"},
    "cancel": dict.fromkeys(["scheduled", "running", "paused", "halted"], "cancelled"),
}


@pytest.mark.parametrize("verb", ALLOWED)
@pytest.mark.parametrize("status", BroadcastStatus)
def test_from_where_it_may_go(create, people, put, change, database, verb, status):
    number = create()[0].id
    put(number, status=status, note="halted because")
    if status in ALLOWED[verb]:
        assert change(verb, number) == ALLOWED[verb][status]
        return
    with pytest.raises(Conflict, match=f"broadcast {number} is {status}: it cannot be {verb}"):
        change(verb, number)
    with database.reading() as session:
        row = broadcasts.get(session, number)
    assert (row.status, row.note) == (status, "halted because")


def test_resumed_where_it_stood(create, people, put, change):
    number = create()[0].id
    put(number, frozen_at=utcnow())
    change("pause", number)
    assert change("resume", number) == "running"


@pytest.mark.parametrize("verb", ALLOWED)
def test_one_that_does_not_exist(change, verb):
    with pytest.raises(NotFound):
        change(verb, 99)


def test_cancelled_it_is_finished_and_nobody_waits(create, people, change, database):
    number = create()[0].id
    change("cancel", number)
    with database.reading() as session:
        assert broadcasts.get(session, number).finished_at is not None


@pytest.mark.parametrize(("hours", "kept"), [(-3, None), (3, 1800)])
def test_resumed_after_its_time_it_is_wanted_late(
    create, people, put, change, database, hours, kept
):
    number = create(starts_at=utcnow())[0].id
    change("pause", number)
    put(number, starts_at=utcnow() + timedelta(hours=hours))
    change("resume", number)
    with database.reading() as session:
        assert broadcasts.get(session, number).max_late == kept
        active = broadcasts.list_active(session, utcnow() + timedelta(hours=3))
    assert [row.id for row in active] == [number]
