"""An edit or a recall beside the engine, and one whose process died before it began."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from appliance.crud.broadcasts import operations
from appliance.database import Database
from appliance.errors import Conflict
from appliance.models import BroadcastStatus
from appliance.runtime.schedule import Schedule
from appliance.services.broadcasts import changes, operation_document
from support.decisions import decide, on_phone

LATER = timedelta(seconds=31)


class Killed(BaseException):
    pass


class Dying:
    """Opens so many transactions; the next one finds the process dead."""

    def __init__(self, database: Database, after: int) -> None:
        self._database, self._left = database, after

    def __call__(self) -> AbstractContextManager[Session]:
        if self._left == 0:
            raise Killed
        self._left -= 1
        return self._database.writing()


WISHED = {"edit": ("new", False), "recall": ("old", True)}


@pytest.fixture
def last(database):
    def last():
        with database.reading() as session:
            return operations.list_for(session, 1)[-1]

    return last


@pytest.fixture
def killed(people, queue, shown, run_until, database, monkeypatch):
    """`killed("edit")`: five have it, and the process died after the survey's first part."""

    def killed(kind):
        ids = people(5)
        assert queue("old") == 1
        run_until(lambda: shown(1).status == "done")
        monkeypatch.setattr(changes, "ROWS_PER_LOOK", 2)
        with pytest.raises(Killed):
            decide(Dying(database, 2), 1, kind)
        return ids

    return killed


@pytest.mark.parametrize("kind", ["edit", "recall"])
def test_the_schedule_part_finishes_what_a_kill_left(kind, killed, last, run_until, ask, database):
    ids = killed(kind)
    now = datetime.now(UTC)
    Schedule(database).step(now, 0.0)
    assert last().status == BroadcastStatus.DRAFT, "whoever decided it may be at it"

    Schedule(database).step(now + LATER, 0.0)

    assert last().status == BroadcastStatus.RUNNING
    run_until(lambda: last().status == "done")
    assert [on_phone(ask, i) for i in ids] == [[WISHED[kind]]] * 5
    assert (last().total, last().done) == (5, 5)


def test_a_long_ledger_takes_several_turns(killed, last, database, monkeypatch):
    killed("edit")
    monkeypatch.setattr("appliance.runtime.schedule.FINISH_SECONDS", 0.0)
    scheduling, now = Schedule(database), datetime.now(UTC) + LATER
    for _ in range(3):  # two lines a turn of five
        scheduling.finish_drafts(now)
        assert last().status == BroadcastStatus.DRAFT
    scheduling.finish_drafts(now)
    assert last().status == BroadcastStatus.RUNNING


@pytest.mark.parametrize("kind", ["edit", "recall"])
def test_deciding_it_again_finishes_it(kind, killed, last, run_until, ask, database):
    ids = killed(kind)
    first = last().id

    decide(database.writing, 1, kind)

    assert (last().id == first) == (kind == "recall")
    run_until(lambda: last().status == "done")
    assert [on_phone(ask, i) for i in ids] == [[WISHED[kind]]] * 5


def test_a_recall_that_is_prepared_is_final(killed, database):
    killed("recall")
    with pytest.raises(Conflict, match="being recalled"):
        decide(database.writing, 1, "edit")


def test_cancelled_before_it_began(killed, last, database):
    killed("edit")
    assert verb(database, last(), "cancel").status == BroadcastStatus.CANCELLED

    Schedule(database).step(datetime.now(UTC) + LATER, 0.0)

    assert last().status == BroadcastStatus.CANCELLED


def test_paused_before_it_began(killed, last, run_until, ask, database):
    ids = killed("edit")
    assert verb(database, last(), "pause").status == BroadcastStatus.PAUSED
    Schedule(database).step(datetime.now(UTC) + LATER, 0.0)
    assert last().status == BroadcastStatus.PAUSED

    assert operation_document(verb(database, last(), "resume"))["status"] == "preparing"

    Schedule(database).step(datetime.now(UTC) + LATER, 0.0)
    run_until(lambda: last().status == "done")
    assert [on_phone(ask, i) for i in ids] == [[WISHED["edit"]]] * 5


def test_paused_while_it_is_prepared(killed, last, database):
    """Whoever prepares it goes on, so that it can run as soon as it is resumed."""
    killed("edit")
    parts = changes.finish_draft(database.writing, last().id)
    next(parts)
    verb(database, last(), "pause")
    assert len(list(parts)) == 2
    assert last().status == BroadcastStatus.PAUSED
    assert verb(database, last(), "resume").status == BroadcastStatus.RUNNING


def verb(database, operation, word):
    with database.writing() as session:
        return changes.decide_operation(session, 1, operation.id, word, "test")


def test_two_that_finish_the_same(killed, last, database):
    killed("edit")
    slow, quick = (changes.finish_draft(database.writing, last().id) for _ in range(2))
    next(slow)
    list(quick)
    begun = last()

    list(slow)

    assert begun.status == last().status == BroadcastStatus.RUNNING
    assert begun.created_at == last().created_at
