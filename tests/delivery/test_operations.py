"""Editing and recalling what was delivered: every message once, at the usual pace, resumable."""

from collections.abc import Callable
from typing import Any

import pytest

from appliance.crud import operations
from appliance.database import Database
from appliance.delivery.client import Client
from appliance.delivery.engine import Engine
from appliance.delivery.jobs import Job
from appliance.models import Broadcast, Delivery, Operation
from appliance.services import control
from appliance.services.broadcasts import sweep_cancelled
from appliance.services.leases import Holding

Ask = Callable[..., Any]
People = Callable[[int], list[int]]
Queue = Callable[..., int]
Shown = Callable[[int], Broadcast]
RunUntil = Callable[..., None]


def on_phone(ask: Ask, person: int) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = ask(f"people/{person}/messages")["messages"]
    return [m for m in messages if m["from"] == "bot"]


@pytest.fixture
def last(database: Database) -> Callable[[int], Operation]:
    def last(number: int) -> Operation:
        with database.reading() as session:
            return operations.list_for(session, number)[-1]

    return last


@pytest.fixture
def edit(database: Database) -> Callable[..., None]:
    def edit(number: int, text: str, format: str = "plain") -> None:
        with database.writing() as session:
            control.edit(session, number, "test", text=text, format=format)

    return edit


@pytest.fixture
def recall(database: Database) -> Callable[[int], None]:
    def recall(number: int) -> None:
        with database.writing() as session:
            control.recall(session, number, "test")
        sweep_cancelled(database.writing, number, last_day())

    return recall


def last_day() -> Any:
    from appliance.models import utcnow

    return utcnow()


def test_what_was_delivered_is_edited(
    people: People, queue: Queue, run_until: RunUntil, shown: Shown, ask: Ask, edit: Any, last: Any
) -> None:
    ids = people(12)
    number = queue("six")
    run_until(lambda: shown(number).status == "done")

    edit(number, "<b>seven</b>", "html")
    run_until(lambda: last(number).status == "done")

    assert [on_phone(ask, i)[-1]["text"] for i in ids] == ["seven"] * 12
    assert (last(number).done, last(number).failed) == (12, 0)
    assert shown(number).status == "done"


def test_an_edit_in_the_middle_reaches_both_sides(
    people: People,
    queue: Queue,
    shown: Shown,
    ask: Ask,
    edit: Any,
    last: Any,
    database: Database,
    client: Client[Job],
    lease: Holding,
    wait_until: Callable[..., Any],
) -> None:
    ids = people(30)
    engine = Engine(database, client, lease, rate=40)
    engine.recover()
    number = queue("six")
    wait_until(lambda: engine.step() or shown(number).sent >= 8)

    edit(number, "seven")
    wait_until(lambda: engine.step() or shown(number).status == "done")
    wait_until(lambda: engine.step() or last(number).status == "done")

    assert [[m["text"] for m in on_phone(ask, i)] for i in ids] == [["seven"]] * 30


def test_an_edit_survives_a_crash(
    people: People,
    queue: Queue,
    run_until: RunUntil,
    shown: Shown,
    ask: Ask,
    edit: Any,
    last: Any,
    database: Database,
    client: Client[Job],
    lease: Holding,
    wait_until: Callable[..., Any],
) -> None:
    ids = people(20)
    number = queue("six")
    run_until(lambda: shown(number).status == "done")
    edit(number, "seven")
    first = Engine(database, client, lease, rate=20)
    first.recover()
    wait_until(lambda: first.step() or last(number).done >= 4)
    # a kill: what was in flight is repeated

    second = Engine(database, client, lease, rate=1000)
    second.recover()
    wait_until(lambda: second.step() or last(number).status == "done")

    assert [on_phone(ask, i)[-1]["text"] for i in ids] == ["seven"] * 20
    assert last(number).done == 20


def test_who_has_blocked_the_bot_since_is_told_apart(
    people: People, queue: Queue, run_until: RunUntil, shown: Shown, ask: Ask, edit: Any, last: Any
) -> None:
    ids = people(3)
    number = queue("six")
    run_until(lambda: shown(number).status == "done")
    ask(f"people/{ids[0]}/block", {"silent": True})

    edit(number, "seven")
    run_until(lambda: last(number).status == "done")

    assert last(number).done + last(number).failed == 3


def test_a_recall_deletes_what_was_delivered_and_skips_the_rest(
    people: People,
    queue: Queue,
    shown: Shown,
    ask: Ask,
    recall: Any,
    last: Any,
    database: Database,
    client: Client[Job],
    lease: Holding,
    wait_until: Callable[..., Any],
) -> None:
    ids = people(30)
    engine = Engine(database, client, lease, rate=40)
    engine.recover()
    number = queue("oops")
    wait_until(lambda: engine.step() or shown(number).sent >= 8)

    recall(number)
    wait_until(lambda: engine.step() or last(number).status == "done")

    left = [m for i in ids for m in on_phone(ask, i) if not m["deleted"]]
    assert left == []
    assert shown(number).status == "cancelled"
    assert shown(number).skipped == 30 - shown(number).sent > 0


def test_what_is_older_than_48_hours_is_shown_and_left(
    people: People,
    queue: Queue,
    run_until: RunUntil,
    shown: Shown,
    ask: Ask,
    recall: Any,
    last: Any,
    database: Database,
) -> None:
    ids = people(4)
    number = queue("old")
    run_until(lambda: shown(number).status == "done")
    with database.writing() as session:
        row = session.get(Delivery, (number, ids[0]))
        row.updated_at -= 180_000
    with database.reading() as session:
        assert control.recallable(session, number) == control.Recallable(4, 1)

    recall(number)
    run_until(lambda: last(number).status == "done")

    assert (last(number).done, last(number).too_old) == (3, 1)
    assert not on_phone(ask, ids[0])[-1]["deleted"]


def test_a_lost_answer_is_asked_again_for_an_edit_may_be_repeated(
    people: People, queue: Queue, run_until: RunUntil, shown: Shown, ask: Ask, edit: Any, last: Any
) -> None:
    people(5)
    number = queue("six")
    run_until(lambda: shown(number).status == "done")
    ask("faults", {"kind": "close_after", "method": "editMessageText", "count": 2})

    edit(number, "seven")
    run_until(lambda: last(number).status == "done")

    assert last(number).done == 5
