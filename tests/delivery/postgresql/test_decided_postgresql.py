"""A decision beside the engine, where writers do not wait for each other."""

from datetime import UTC, datetime

import pytest

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts, operations
from appliance.delivery.engine import wall_and_monotonic
from appliance.delivery.freezer import freeze
from appliance.models import BroadcastStatus
from appliance.services.broadcasts import ledger_walk
from support.decisions import decide, on_phone
from support.people import add_chats

pytestmark = pytest.mark.slow

EDITED, RECALLED = ("new", False), ("old", True)


@pytest.mark.parametrize("kind", ["edit", "recall"])
def test_nobody_slips_past_a_decision(
    kind,
    people,
    queue,
    shown,
    ask,
    database,
    elsewhere,
    monkeypatch,
    start_engine,
    step_until,
    wait_until,
    somebody_waits,
):
    """It is made after the engine has looked what runs, and before it claims the next."""
    ids = people(5)
    number = queue("old")
    engine = start_engine(4)
    step_until(engine, lambda: shown(number).sent >= 1)
    ask("faults", {"kind": "latency", "seconds": 1.3})  # so that it arrives in a later second
    decisions = []
    peek = deliveries.peek

    def peek_late(*arguments):
        if not decisions:
            decisions.append(elsewhere.submit(decide, database.writing, number, kind))
            wait_until(lambda: somebody_waits() or decisions[0].done())
        return peek(*arguments)

    monkeypatch.setattr(deliveries, "peek", peek_late)
    step_until(engine, lambda: decisions)
    if kind == "recall":
        decisions[0].result(10)

    step_until(engine, lambda: decisions[0].done() and is_over(database, shown(number)), 20)

    got = [on_phone(ask, person) for person in ids]
    if kind == "edit":
        assert got == [[EDITED]] * 5
    else:
        assert [messages for messages in got if messages] == [[RECALLED]] * shown(number).sent
        assert shown(number).sent >= 1


def is_over(database, broadcast):
    with database.reading() as session:
        ended = operations.list_for(session, broadcast.id)[-1].status == BroadcastStatus.DONE
    return ended and not broadcast.sending and broadcast.status != "running"


def test_a_sweep_waits_for_the_engine_without_lines_in_its_hands(
    database, queue, wait_until, elsewhere, somebody_waits
):
    """Else both would wait: it for the broadcast, the engine for a line."""
    now = datetime.now(UTC)
    with database.writing() as session:
        add_chats(session, 1, 2)
    number = queue("x")
    with database.writing() as session:
        assert freeze(session, broadcasts.get(session, number), wall_and_monotonic())
    with database.writing() as session:
        assert [row.id for row in broadcasts.list_active(session, now, lock=True)] == [number]
        swept = elsewhere.submit(ledger_walk.skip_pending, database.writing, number, now)
        wait_until(lambda: somebody_waits())
        assert deliveries.take(session, number, [1], 0) == [1]
    assert swept.result(10).skipped == 1
