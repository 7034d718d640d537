"""The loop: what is queued arrives once, in the right order, and everybody has an outcome."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text, update

from appliance import config
from appliance.crud import chats, deliveries, messages
from appliance.crud import settings as stored
from appliance.database import Database
from appliance.delivery.client import Client
from appliance.delivery.engine import Engine, LeaseLost, wall_and_monotonic
from appliance.delivery.freezer import freeze
from appliance.delivery.jobs import Job
from appliance.models import Broadcast, ChatStatus, Delivery, DeliveryState, Message, Priority
from appliance.services import broadcasts as service
from appliance.services.leases import DELIVERY, Holding

Ask = Callable[..., Any]
People = Callable[[int], list[int]]
Queue = Callable[..., int]
Shown = Callable[[int], Broadcast]
RunUntil = Callable[..., None]


def received(ask: Ask) -> Counter[int]:
    """How many messages each chat got, by the simulator's own record."""
    record: list[dict[str, Any]] = []
    after = 0
    while page := ask(f"record?after={after}&limit=1000")["record"]:
        record += page
        after = page[-1]["seq"]
    return Counter(entry["chat_id"] for entry in record)


def counts(broadcast: Broadcast) -> dict[str, int]:
    return {state.word: getattr(broadcast, state.word) for state in DeliveryState}


def test_everybody_gets_it_once(
    people: People, queue: Queue, run_until: RunUntil, shown: Shown, ask: Ask, database: Database
) -> None:
    ids = people(40)
    number = queue()

    run_until(lambda: shown(number).status == "done")

    assert received(ask) == Counter(ids)
    assert shown(number).sent == shown(number).total == 40
    with database.reading() as session:
        assert deliveries.states_of(session, number) == {DeliveryState.SENT: 40}
        assert all(row.message_id for row in deliveries.iterate(session, number))


def test_who_blocked_the_bot_is_failed_and_marked(
    people: People, queue: Queue, run_until: RunUntil, shown: Shown, ask: Ask, database: Database
) -> None:
    ids = people(3)
    ask(f"people/{ids[1]}/block", {"silent": True})
    number = queue()

    run_until(lambda: shown(number).status == "done")

    assert (shown(number).sent, shown(number).failed) == (2, 1)
    assert shown(number).reasons == {"blocked": 1}
    with database.reading() as session:
        assert chats.find(session, ids[1]).status == ChatStatus.BLOCKED


def test_who_stops_after_the_freeze_is_skipped(
    people: People,
    queue: Queue,
    run_until: RunUntil,
    shown: Shown,
    ask: Ask,
    database: Database,
    engine: Engine,
) -> None:
    ids = people(2)
    number = queue()
    engine._pacer.pause(wall_and_monotonic().mono + 0.5)
    run_until(lambda: shown(number).frozen_at)
    with database.writing() as session:
        chats.set_status(session, ids[0], ChatStatus.STOPPED)

    run_until(lambda: shown(number).status == "done")

    assert (shown(number).sent, shown(number).skipped) == (1, 1)
    assert shown(number).reasons == {"chat_stopped": 1}
    assert received(ask) == Counter([ids[1]])


def test_a_message_nobody_can_get_halts_the_run(
    people: People,
    queue: Queue,
    shown: Shown,
    ask: Ask,
    database: Database,
    client: Client[Job],
    lease: Holding,
    wait_until: Callable[..., Any],
) -> None:
    people(60)
    ask("faults", {"kind": "400", "description": "Bad Request: can't parse entities: no"})
    engine = Engine(database, client, lease, rate=100)
    engine.recover()
    number = queue()

    wait_until(lambda: engine.step() or shown(number).status == "halted")
    wait_until(lambda: engine.step() or not shown(number).sending)

    assert "can't parse entities" in str(shown(number).note)
    assert shown(number).pending > 0, "the rest was not tried"


def test_flood_silences_everybody_costs_no_attempt_and_is_stored(
    people: People, queue: Queue, run_until: RunUntil, shown: Shown, ask: Ask, database: Database
) -> None:
    ids = people(20)
    ask("faults", {"kind": "429", "retry_after": 1, "count": 1})
    number = queue()
    run_until(lambda: stored_flood(database))

    run_until(lambda: shown(number).status == "done")

    assert received(ask) == Counter(ids)
    with database.reading() as session:
        assert {row.attempts for row in deliveries.iterate(session, number)} == {1}
    hits = ask("stats")["errors"].get("429", 0)
    assert hits <= 20, "only what was in flight"


def stored_flood(database: Database) -> float:
    with database.reading() as session:
        return float((stored.get_setting(session, stored.FLOOD) or {}).get("until", 0))


def test_a_restart_respects_the_pause(
    people: People, queue: Queue, database: Database, client: Client[Job], lease: Holding, ask: Ask
) -> None:
    people(3)
    queue()
    now = wall_and_monotonic()
    with database.writing() as session:
        stored.put_setting(session, stored.FLOOD, {"until": now.wall + 3600})
    engine = Engine(database, client, lease, rate=1000)
    engine.recover()

    for _ in range(5):
        engine.step()

    assert received(ask) == Counter()
    assert engine.state.startswith("flood pause")


def test_5xx_is_tried_again(
    people: People, queue: Queue, run_until: RunUntil, shown: Shown, ask: Ask, database: Database
) -> None:
    ids = people(5)
    ask("faults", {"kind": "502", "count": 3})
    number = queue()

    run_until(lambda: shown(number).status == "done", 30)

    assert received(ask) == Counter(ids)
    assert shown(number).sent == 5


@pytest.mark.parametrize("kind", ["close_before", "close_after"])
def test_a_lost_connection_is_unknown_and_not_sent_again(
    kind: str, people: People, queue: Queue, run_until: RunUntil, shown: Shown, ask: Ask
) -> None:
    ids = people(10)
    ask("faults", {"kind": kind, "count": 2})
    number = queue()

    run_until(lambda: shown(number).status == "done")

    assert (shown(number).sent, shown(number).unknown) == (8, 2)
    got = received(ask)
    assert max(got.values()) == 1
    assert len(got) == (10 if kind == "close_after" else 8)
    assert set(got) <= set(ids)


def test_a_wrong_token_stops_the_sending_and_loses_nobody(
    people: People, queue: Queue, run_until: RunUntil, shown: Shown, ask: Ask, engine: Engine
) -> None:
    people(3)
    ask("faults", {"kind": "401"})
    number = queue()

    run_until(lambda: engine.state.startswith("token refused"))
    run_until(lambda: shown(number).sending == 0)

    assert counts(shown(number))["pending"] == 3


def test_what_was_in_flight_at_a_crash_is_unknown(
    people: People, queue: Queue, shown: Shown, engine: Engine, database: Database, ask: Ask
) -> None:
    ids = people(4)
    number = queue()
    with database.writing() as session:
        broadcast = service.broadcasts.get(session, number)
        freeze(session, broadcast, wall_and_monotonic())
        deliveries.take(session, number, ids[:2], 0)

    engine.recover()

    assert counts(shown(number)) | {"pending": 2, "unknown": 2} == counts(shown(number))
    assert shown(number).reasons == {"interrupted": 2}
    assert received(ask) == Counter()


def test_a_reply_goes_before_a_broadcast(
    people: People,
    queue: Queue,
    run_until: RunUntil,
    database: Database,
    ask: Ask,
    client: Client[Job],
    lease: Holding,
    shown: Shown,
    wait_until: Callable[..., Any],
) -> None:
    ids = people(30)
    engine = Engine(database, client, lease, rate=20)
    engine.recover()
    number = queue()
    wait_until(lambda: engine.step() or received(ask).total() >= 3)
    with database.writing() as session:
        row = messages.queue(session, ids[-1], "sendMessage", {"text": "reply"}, text="reply").id
    engine.wake()
    before = received(ask).total()

    wait_until(lambda: engine.step() or state_of(database, row) == DeliveryState.SENT)

    assert received(ask).total() - before <= 5, "it did not wait for the broadcast's end"
    assert shown(number).status == "running"


def state_of(database: Database, row: int) -> DeliveryState | None:
    with database.reading() as session:
        found = session.get(Message, row)
        return DeliveryState(found.state) if found and found.state is not None else None


def test_answers_to_one_person_keep_their_order_and_their_second(
    people: People, run_until: RunUntil, database: Database, ask: Ask
) -> None:
    (chat_id,) = people(1)
    with database.writing() as session:
        for text in ("one", "two", "three"):
            messages.queue(session, chat_id, "sendMessage", {"text": text}, text=text)

    run_until(lambda: received(ask).total() == 3)

    record = ask("record")["record"]
    assert [entry["text"] for entry in record] == ["one", "two", "three"]
    gaps = [b["at"] - a["at"] for a, b in itertools.pairwise(record)]
    assert min(gaps) > 0.95


def test_a_notification_waits_for_a_reply_to_somebody_else(
    people: People,
    database: Database,
    ask: Ask,
    client: Client[Job],
    lease: Holding,
    wait_until: Callable[..., Any],
) -> None:
    first, second = people(2)
    with database.writing() as session:
        messages.queue(
            session, first, "sendMessage", {"text": "n"}, priority=Priority.NOTIFICATION, text="n"
        )
        messages.queue(session, second, "sendMessage", {"text": "r"}, text="r")
    engine = Engine(database, client, lease, rate=5)
    engine.recover()

    wait_until(lambda: engine.step() or received(ask).total() == 2)

    assert [entry["text"] for entry in ask("record")["record"]] == ["r", "n"]


def test_a_pause_takes_back_what_has_not_left(
    people: People,
    queue: Queue,
    shown: Shown,
    database: Database,
    client: Client[Job],
    lease: Holding,
    wait_until: Callable[..., Any],
    ask: Ask,
) -> None:
    people(12)
    engine = Engine(database, client, lease, rate=20)
    engine.recover()
    number = queue()
    wait_until(lambda: engine.step() or shown(number).sent >= 3)
    with database.writing() as session:
        service.pause(session, number)

    wait_until(lambda: engine.step() or not shown(number).sending)
    stood = received(ask).total()
    for _ in range(4):
        engine.step()

    assert received(ask).total() == stood == shown(number).sent
    with database.writing() as session:
        service.resume(session, number)
    wait_until(lambda: engine.step() or shown(number).status == "done")
    assert shown(number).sent == 12


def test_a_cancelled_broadcast_skips_the_rest(
    people: People,
    queue: Queue,
    shown: Shown,
    database: Database,
    engine: Engine,
    run_until: RunUntil,
) -> None:
    people(5)
    number = queue()
    engine._pacer.pause(wall_and_monotonic().mono + 30)
    run_until(lambda: shown(number).frozen_at)
    with database.writing() as session:
        service.cancel(session, number)

    run_until(lambda: not shown(number).pending)

    assert shown(number).skipped == 5
    assert shown(number).reasons == {"cancelled": 5}


def test_two_broadcasts_share_the_budget(
    people: People,
    queue: Queue,
    shown: Shown,
    database: Database,
    client: Client[Job],
    lease: Holding,
    wait_until: Callable[..., Any],
) -> None:
    ids = people(60)
    engine = Engine(database, client, lease, rate=60)
    engine.recover()
    first = queue("one", to=tuple(f"chat:{i}" for i in ids[:30]))
    second = queue("two", to=tuple(f"chat:{i}" for i in ids[30:]))

    wait_until(lambda: engine.step() or shown(first).sent >= 10)

    assert abs(shown(first).sent - shown(second).sent) <= 8


def test_the_engine_stops_when_the_lease_is_lost(
    people: People, queue: Queue, engine: Engine, database: Database, ask: Ask, lease: Holding
) -> None:
    people(3)
    with database.writing() as session:
        from appliance.crud import leases

        leases.release(session, DELIVERY, lease.holder)
    assert Holding(database, DELIVERY, holder="somebody else").acquire(datetime.now(UTC))
    queue()

    with pytest.raises(LeaseLost):
        engine.run(threading.Event())

    assert received(ask) == Counter()


def test_stop_waits_for_what_is_in_flight(
    people: People,
    queue: Queue,
    engine: Engine,
    shown: Shown,
    ask: Ask,
    wait_until: Callable[..., Any],
) -> None:
    people(10)
    ask("faults", {"kind": "latency", "seconds": 0.5})
    number = queue()
    stop = threading.Event()
    thread = threading.Thread(target=engine.run, args=(stop,))
    thread.start()
    wait_until(lambda: shown(number).sending == 10)

    stop.set()
    thread.join(20)

    assert counts(shown(number))["sent"] == 10
    assert counts(shown(number))["sending"] == 0


def test_a_real_token_is_never_in_the_way_of_a_test() -> None:
    assert not config.is_real_token(config.SANDBOX_TOKEN)


def test_what_is_claimed_is_kept_when_sweeping_up_fails(
    people: People, queue: Queue, run_until: RunUntil, shown: Shown, ask: Ask, database: Database
) -> None:
    """Sweeping is a transaction of its own, after the one that claimed."""
    ids = people(5)
    cancelled = queue()
    run_until(lambda: shown(cancelled).status == "done")
    refuse = (
        "CREATE TRIGGER refuse BEFORE UPDATE ON deliveries"
        f" WHEN NEW.state = {DeliveryState.SKIPPED:d} BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    cancelled, number = queue(), queue()
    with database.writing() as session:
        service.cancel(session, cancelled)
        session.execute(text(refuse))
        session.execute(
            update(Broadcast).where(Broadcast.id == cancelled).values(pending=1, total=1)
        )
        session.add(Delivery(broadcast_id=cancelled, chat_id=ids[0], updated_at=0))
    run_until(lambda: shown(number).sending)
    with database.writing() as session:
        session.execute(text("DROP TRIGGER refuse"))

    run_until(lambda: shown(number).status == "done")

    assert shown(number).sent == 5
