"""An edit or a recall beside the engine, and one whose process died before it began."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from appliance import config
from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts, operations
from appliance.crud.chats import chats
from appliance.database import Database
from appliance.delivery.client import Client
from appliance.delivery.engine import Engine, wall_and_monotonic
from appliance.delivery.freezer import freeze
from appliance.delivery.jobs import Job
from appliance.errors import Conflict
from appliance.models import BroadcastStatus, Operation
from appliance.runtime.schedule import Schedule
from appliance.sandbox.server import Sandbox
from appliance.services import broadcasts as service
from appliance.services.broadcasts import NewBroadcast, changes, ledger_walk, operation_document
from appliance.services.broadcasts.ledger_walk import Write
from appliance.services.leases import DELIVERY, Holding

Kind = Literal["edit", "recall"]
Last = Callable[[], Operation]
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


def decide(write: Write, number: int, kind: Kind) -> None:
    if kind == "edit":
        changes.edit(write, number, "test", text="new", format="plain")
    else:
        changes.recall(write, number, "test")


def on_phone(ask: Any, person: int) -> list[tuple[str, bool]]:
    messages: list[dict[str, Any]] = ask(f"people/{person}/messages")["messages"]
    return [(m["text"], m["deleted"]) for m in messages if m["from"] == "bot"]


WISHED = {"edit": ("new", False), "recall": ("old", True)}


@pytest.fixture
def last(database: Database) -> Last:
    def last() -> Operation:
        with database.reading() as session:
            return operations.list_for(session, 1)[-1]

    return last


@pytest.fixture
def killed(
    people: Any,
    queue: Any,
    shown: Any,
    run_until: Any,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Kind], list[int]]:
    """`killed("edit")`: five have it, and the process died after the survey's first part."""

    def killed(kind: Kind) -> list[int]:
        ids: list[int] = people(5)
        assert queue("old") == 1
        run_until(lambda: shown(1).status == "done")
        monkeypatch.setattr(changes, "ROWS_PER_LOOK", 2)
        with pytest.raises(Killed):
            decide(Dying(database, 2), 1, kind)
        return ids

    return killed


@pytest.mark.parametrize("kind", ["edit", "recall"])
def test_the_schedule_part_finishes_what_a_kill_left(
    kind: Kind, killed: Any, last: Last, run_until: Any, ask: Any, database: Database
) -> None:
    ids = killed(kind)
    now = datetime.now(UTC)
    Schedule(database).step(now, 0.0)
    assert last().status == BroadcastStatus.DRAFT, "whoever decided it may be at it"

    Schedule(database).step(now + LATER, 0.0)

    assert last().status == BroadcastStatus.RUNNING
    run_until(lambda: last().status == "done")
    assert [on_phone(ask, i) for i in ids] == [[WISHED[kind]]] * 5
    assert (last().total, last().done) == (5, 5)


def test_a_long_ledger_takes_several_turns(
    killed: Any, last: Last, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed("edit")
    monkeypatch.setattr("appliance.runtime.schedule.FINISH_SECONDS", 0.0)
    scheduling, now = Schedule(database), datetime.now(UTC) + LATER
    for _ in range(3):  # two lines a turn of five
        scheduling.finish_drafts(now)
        assert last().status == BroadcastStatus.DRAFT
    scheduling.finish_drafts(now)
    assert last().status == BroadcastStatus.RUNNING


@pytest.mark.parametrize("kind", ["edit", "recall"])
def test_deciding_it_again_finishes_it(
    kind: Kind, killed: Any, last: Last, run_until: Any, ask: Any, database: Database
) -> None:
    ids = killed(kind)
    first = last().id

    decide(database.writing, 1, kind)

    assert (last().id == first) == (kind == "recall")
    run_until(lambda: last().status == "done")
    assert [on_phone(ask, i) for i in ids] == [[WISHED[kind]]] * 5


def test_a_recall_that_is_prepared_is_final(killed: Any, database: Database) -> None:
    killed("recall")
    with pytest.raises(Conflict, match="being recalled"):
        decide(database.writing, 1, "edit")


def test_cancelled_before_it_began(killed: Any, last: Last, database: Database) -> None:
    killed("edit")
    assert verb(database, last(), "cancel").status == BroadcastStatus.CANCELLED

    Schedule(database).step(datetime.now(UTC) + LATER, 0.0)

    assert last().status == BroadcastStatus.CANCELLED


def test_paused_before_it_began(
    killed: Any, last: Last, run_until: Any, ask: Any, database: Database
) -> None:
    ids = killed("edit")
    assert verb(database, last(), "pause").status == BroadcastStatus.PAUSED
    Schedule(database).step(datetime.now(UTC) + LATER, 0.0)
    assert last().status == BroadcastStatus.PAUSED

    assert operation_document(verb(database, last(), "resume"))["status"] == "preparing"

    Schedule(database).step(datetime.now(UTC) + LATER, 0.0)
    run_until(lambda: last().status == "done")
    assert [on_phone(ask, i) for i in ids] == [[WISHED["edit"]]] * 5


def test_paused_while_it_is_prepared(killed: Any, last: Last, database: Database) -> None:
    """Whoever prepares it goes on, so that it can run as soon as it is resumed."""
    killed("edit")
    parts = changes.finish_draft(database.writing, last().id)
    next(parts)
    verb(database, last(), "pause")
    assert len(list(parts)) == 2
    assert last().status == BroadcastStatus.PAUSED
    assert verb(database, last(), "resume").status == BroadcastStatus.RUNNING


def verb(database: Database, operation: Operation, word: changes.Verb) -> Operation:
    with database.writing() as session:
        return changes.decide_operation(session, 1, operation.id, word, "test")


def test_two_that_finish_the_same(killed: Any, last: Last, database: Database) -> None:
    killed("edit")
    slow, quick = (changes.finish_draft(database.writing, last().id) for _ in range(2))
    next(slow)
    list(quick)
    begun = last()

    list(slow)

    assert begun.status == last().status == BroadcastStatus.RUNNING
    assert begun.created_at == last().created_at


@pytest.fixture
def elsewhere() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as elsewhere:
        yield elsewhere


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["edit", "recall"])
def test_on_postgresql_nobody_slips_past_a_decision(
    kind: Kind,
    postgresql_database: Database,
    sandbox: Sandbox,
    ask: Any,
    wait_until: Any,
    elsewhere: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is decided after the engine has looked what runs, and before it claims the next."""
    database = postgresql_database
    ids = sorted(p["id"] for p in ask("people", {"count": 5, "start": True})["people"])
    with database.writing() as session:
        for chat_id in ids:
            chats.remember(session, chat_id, activate=True)
        number = service.create(session, NewBroadcast("old", to=("all",)))[0].id
    client: Client[Job] = Client(sandbox.url, config.SANDBOX_TOKEN, timeout=5)
    lease = Holding(database, DELIVERY)
    assert lease.acquire()
    engine = Engine(database, client, lease, rate=4)
    engine.recover()
    wait_until(lambda: engine.step() or seen(database, number)[1] >= 1)
    ask("faults", {"kind": "latency", "seconds": 1.3})  # so that it arrives in a later second
    decisions: list[Future[None]] = []
    peek = deliveries.peek

    def peek_late(*arguments: Any) -> Any:
        if not decisions:
            decisions.append(elsewhere.submit(decide, database.writing, number, kind))
            wait_until(lambda: waiting_for_a_lock(database) or decisions[0].done())
        return peek(*arguments)

    monkeypatch.setattr(deliveries, "peek", peek_late)
    wait_until(lambda: engine.step() or decisions)
    if kind == "recall":
        decisions[0].result(10)

    wait_until(lambda: engine.step() or (decisions[0].done() and is_over(database, number)), 20)

    got = [message for i in ids for message in on_phone(ask, i)]
    assert got
    assert got == [WISHED[kind]] * (5 if kind == "edit" else len(got))
    client.close()


@pytest.mark.slow
def test_on_postgresql_a_sweep_waits_for_the_engine_without_lines_in_its_hands(
    postgresql_database: Database, wait_until: Any, elsewhere: ThreadPoolExecutor
) -> None:
    """Else both would wait: it for the broadcast, the engine for a line."""
    database, now = postgresql_database, datetime.now(UTC)
    with database.writing() as session:
        for chat_id in (1, 2):
            chats.remember(session, chat_id)
        made = service.create(session, NewBroadcast("x", to=("all",)))[0]
        assert freeze(session, made, wall_and_monotonic())
        number = made.id
    with database.writing() as session:
        assert [row.id for row in broadcasts.list_active(session, now, lock=True)] == [number]
        swept = elsewhere.submit(ledger_walk.skip_pending, database.writing, number, now)
        wait_until(lambda: waiting_for_a_lock(database))
        assert deliveries.take(session, number, [1], 0) == [1]
    assert swept.result(10) == 1


def seen(database: Database, number: int) -> tuple[str, int, int]:
    with database.reading() as session:
        row = broadcasts.get(session, number)
        return str(row.status), row.sent, row.sending


def is_over(database: Database, number: int) -> bool:
    status, _, sending = seen(database, number)
    with database.reading() as session:
        ended = operations.list_for(session, number)[-1].status == BroadcastStatus.DONE
    return ended and not sending and status != "running"


def waiting_for_a_lock(database: Database) -> bool:
    with database.reading() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
