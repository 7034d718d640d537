"""Decisions about a broadcast that was queued: who may, when, and that they are recorded."""

import pytest

from appliance.crud import broadcasts, chats, deliveries, events, operations
from appliance.crud.deliveries import DeliveryOutcome
from appliance.database import Database
from appliance.errors import Conflict, Invalid, NotFound, NothingToDo
from appliance.models import BroadcastStatus, DeliveryState
from appliance.services import broadcasts as service
from appliance.services import control
from appliance.services.broadcasts import NewBroadcast

NOW = 1_790_000_000


@pytest.fixture
def number(database: Database) -> int:
    """A finished broadcast: 1 and 2 sent, 3 failed, 4 unknown."""
    with database.writing() as session:
        for chat_id in (1, 2, 3, 4):
            chats.remember(session, chat_id)
        made, _ = service.create(session, NewBroadcast("hello", to=("all",)))
        from appliance.crud import audience

        chosen = service.audience_of(made)
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
def test_retry_takes_only_those(database: Database, number: int, which: str, chat: int) -> None:
    with database.writing() as session:
        changed, count = control.retry(session, number, which, "cli:ann")
        assert (changed.status, changed.pending, count) == ("running", 1, 1)
        assert changed.finished_at is None
        assert deliveries.chats_in(session, number, [DeliveryState.PENDING]) == [chat]
        (event,) = events.list_for(session, number)
    assert (event.actor, event.action) == ("cli:ann", "retry")
    assert event.details == {"which": which, "count": 1}


def test_retry_keeps_the_counters_true(database: Database, number: int) -> None:
    with database.writing() as session:
        control.retry(session, number, "failed", "x")
        row = broadcasts.get_fresh(session, number)
        assert (row.sent, row.failed, row.unknown, row.pending) == (2, 0, 1, 1)
        assert row.reasons == {"no_answer": 1}


def test_retry_of_nobody_is_nothing_to_do(database: Database, number: int) -> None:
    with database.writing() as session:
        control.retry(session, number, "failed", "x")
        with pytest.raises(NothingToDo):
            control.retry(session, number, "failed", "x")


def test_a_cancelled_broadcast_cannot_be_retried(database: Database, number: int) -> None:
    with database.writing() as session:
        broadcasts.get(session, number).status = BroadcastStatus.CANCELLED
        session.flush()
        with pytest.raises(Conflict, match="cancelled"):
            control.retry(session, number, "failed", "x")


def test_an_edit_is_checked_before_anything_changes(database: Database, number: int) -> None:
    with database.writing() as session, pytest.raises(Invalid):
        control.edit(session, number, "x", text="<b>", format="html")
    with database.reading() as session:
        assert broadcasts.get(session, number).version == 1


def test_an_edit_raises_the_version_and_begins(database: Database, number: int) -> None:
    with database.writing() as session:
        changed, operation = control.edit(session, number, "x", text="new", format="plain")
        assert (changed.text, changed.version) == ("new", 2)
        assert operation is not None
        assert (operation.kind, operation.total, operation.status) == ("edit", 2, "running")


def test_a_second_edit_ends_the_first(database: Database, number: int) -> None:
    with database.writing() as session:
        control.edit(session, number, "x", text="two", format="plain")
        control.edit(session, number, "x", text="three", format="plain")
        statuses = [op.status for op in operations.list_for(session, number)]
    assert statuses == ["cancelled", "running"]


def test_a_recall_is_final(database: Database, number: int) -> None:
    with database.writing() as session:
        control.recall(session, number, "x")
        with pytest.raises(Conflict, match="recalled"):
            control.edit(session, number, "x", text="two", format="plain")


def test_operations_pause_and_resume(database: Database, number: int) -> None:
    with database.writing() as session:
        control.edit(session, number, "x", text="two", format="plain")
        assert control.pause(session, number).status == "done"
        assert operations.list_running(session) == []
        with pytest.raises(Conflict):
            control.pause(session, number)
        assert control.resume(session, number).status == "done"
        assert len(operations.list_running(session)) == 1
        with pytest.raises(Conflict):
            control.resume(session, number)


@pytest.mark.parametrize("call", [control.recallable, lambda s, n: control.recall(s, n, "x")])
def test_an_unknown_broadcast(database: Database, call) -> None:
    with database.writing() as session, pytest.raises(NotFound):
        call(session, 4711)


def test_decisions_are_recorded_with_who_made_them(database: Database) -> None:
    with database.writing() as session:
        chats.remember(session, 1)
        made, _ = service.create(session, NewBroadcast("hello", to=("all",)))
        for verb in ("pause", "resume", "cancel"):
            control.decide(session, made.id, verb, "user:7")
        told = [(event.actor, event.action) for event in events.list_for(session, made.id)]
        with pytest.raises(Conflict):
            control.decide(session, made.id, "resume", "user:7")
        assert len(events.list_for(session, made.id)) == 3
    assert told == [("user:7", "pause"), ("user:7", "resume"), ("user:7", "cancel")]
