"""What the loop does when Telegram, the network, the lease or the database fail."""

import gc
import threading
from collections import Counter

import pytest
from sqlalchemy import text, update

from appliance import config
from appliance.crud import deliveries, settings
from appliance.crud.broadcasts import broadcasts
from appliance.delivery.engine import wall_and_monotonic
from appliance.delivery.freezer import freeze
from appliance.models import Broadcast, BroadcastStatus, Delivery, DeliveryState, utcnow
from appliance.services.leases import DELIVERY, Holding, LeaseLost


def test_a_message_nobody_can_get_halts_the_run(
    people, queue, shown, ask, start_engine, step_until
):
    people(60)
    ask("faults", {"kind": "400", "description": "Bad Request: can't parse entities: no"})
    engine = start_engine(100)
    number = queue()

    step_until(engine, lambda: shown(number).status == "halted")
    step_until(engine, lambda: not shown(number).sending)

    assert "can't parse entities" in str(shown(number).note)
    assert shown(number).pending > 0, "the rest was not tried"


def test_flood_silences_everybody_costs_no_attempt_and_is_stored(
    people, queue, run_until, shown, ask, database, received
):
    ids = people(20)
    ask("faults", {"kind": "429", "retry_after": 1, "count": 2})
    number = queue()
    run_until(lambda: stored_flood(database))

    run_until(lambda: shown(number).status == "done")

    assert received(ask) == Counter(ids)
    with database.reading() as session:
        assert {row.attempts for row in deliveries.iterate(session, number)} == {1}
    hits = ask("stats")["errors"].get("429", 0)
    assert hits <= 20, "only what was in flight"


def test_one_chats_flood_leaves_the_others_alone_and_outlives_a_restart(
    people, queue, database, client, shown, ask, start_engine, step_until, received, lease
):
    ids = people(12)
    ask("faults", {"kind": "429", "retry_after": 3600, "count": 1})
    number = queue()
    step_until(start_engine(1000), lambda: shown(number).sent == 11)
    assert stored_flood(database) == 0

    with database.reading() as session:
        (waits,) = settings.chat_pauses(session, wall_and_monotonic().wall)
    engine = start_engine(1000)
    for _ in range(20):
        engine.step()
    assert (shown(number).pending, shown(number).status) == (1, "running")
    assert received(ask) == Counter(set(ids) - {waits})

    with database.writing() as session:
        settings.clear_pauses(session, utcnow())
    step_until(engine, lambda: shown(number).status == "done")
    assert received(ask) == Counter(ids)


def stored_flood(database):
    with database.reading() as session:
        return float((settings.get_setting(session, settings.FLOOD) or {}).get("until", 0))


def test_a_restart_respects_the_pause(people, queue, database, ask, received, start_engine):
    people(3)
    queue()
    now = wall_and_monotonic()
    with database.writing() as session:
        settings.put_setting(session, settings.FLOOD, {"until": now.wall + 3600})
    engine = start_engine(1000)

    for _ in range(5):
        engine.step()

    assert received(ask) == Counter()
    assert engine.state.startswith("flood pause")


def test_a_pause_that_another_part_was_told_silences_what_runs(
    people, queue, database, client, shown, start_engine, step_until
):
    """The poller hears 429: the engine is silent within a transaction, and claims nothing."""
    people(300)
    number = queue()
    engine = start_engine(50)

    step_until(engine, lambda: shown(number).sent > 3)
    now = wall_and_monotonic()
    with database.writing() as session:
        settings.prolong_pause(session, settings.FLOOD, 3600, utcnow())
    step_until(engine, lambda: engine.state == "flood pause, 3600 s")
    step_until(engine, lambda: not client.in_flight and shown(number).sending == 0)
    before = shown(number).sent
    for _ in range(10):
        engine.step()

    assert shown(number).sent == before < 100
    assert stored_flood(database) == pytest.approx(now.wall + 3600, abs=5)


def test_5xx_is_tried_again(people, queue, run_until, shown, ask, received):
    ids = people(5)
    ask("faults", {"kind": "502", "count": 3})
    number = queue()

    run_until(lambda: shown(number).status == "done", 30)

    assert received(ask) == Counter(ids)
    assert shown(number).sent == 5


@pytest.mark.parametrize("kind", ["close_before", "close_after"])
def test_a_lost_connection_is_unknown_and_not_sent_again(
    kind, people, queue, run_until, shown, ask, received
):
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
    people, queue, run_until, shown, ask, engine, counts
):
    people(3)
    ask("faults", {"kind": "401"})
    number = queue()

    run_until(lambda: engine.state.startswith("token refused"))
    run_until(lambda: shown(number).sending == 0)

    assert counts(shown(number))["pending"] == 3


def test_what_was_in_flight_at_a_crash_is_unknown(
    people, queue, shown, engine, database, ask, received, counts
):
    ids = people(4)
    number = queue()
    with database.writing() as session:
        broadcast = broadcasts.get(session, number)
        freeze(session, broadcast, wall_and_monotonic())
        deliveries.take(session, number, ids[:2], 0)

    engine.recover()

    assert counts(shown(number)) | {"pending": 2, "unknown": 2} == counts(shown(number))
    assert shown(number).reasons == {"interrupted": 2}
    assert received(ask) == Counter()


def test_the_engine_stops_when_the_lease_is_lost(
    people, queue, engine, database, ask, lease, received
):
    people(3)
    lease.release()
    assert Holding(database, DELIVERY, holder="somebody else").acquire()
    queue()

    with pytest.raises(LeaseLost):
        engine.run(threading.Event())

    assert received(ask) == Counter()


def test_a_full_collection_does_not_go_through_the_whole_program(engine):
    """It took 65 ms, in which nothing left."""
    gc.unfreeze()
    stop = threading.Event()
    stop.set()

    engine.run(stop)

    assert gc.get_freeze_count() > 10_000


def test_a_real_token_is_never_in_the_way_of_a_test():
    assert not config.is_real_token(config.SANDBOX_TOKEN)


@pytest.mark.sqlite("refuses by a trigger")
def test_what_is_claimed_is_kept_when_sweeping_up_fails(people, queue, run_until, shown, database):
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
        broadcasts.change_status(session, cancelled, broadcasts.OPEN, BroadcastStatus.CANCELLED)
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
