"""The loop: what is queued arrives once, in the right order, and everybody has an outcome."""

import threading
from collections import Counter

import pytest

from appliance.crud import deliveries, settings
from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats
from appliance.models import BroadcastStatus, ChatStatus, DeliveryState, utcnow
from appliance.services.broadcasts import changes


@pytest.fixture
def silence(database):
    """`silence(30)`: as if Telegram had asked some part of the program to be silent for so long."""

    def silence(seconds):
        with database.writing() as session:
            settings.prolong_pause(session, settings.FLOOD, seconds, utcnow())

    return silence


def test_everybody_gets_it_once(people, queue, run_until, shown, ask, database, received):
    ids = people(40)
    number = queue()

    run_until(lambda: shown(number).status == "done")

    assert received(ask) == Counter(ids)
    assert shown(number).sent == shown(number).total == 40
    with database.reading() as session:
        assert deliveries.states_of(session, number) == {DeliveryState.SENT: 40}
        assert all(row.message_id for row in deliveries.iterate(session, number))


def test_who_blocked_the_bot_is_failed_and_marked(people, queue, run_until, shown, ask, database):
    ids = people(3)
    ask(f"people/{ids[1]}/block", {"silent": True})
    number = queue()

    run_until(lambda: shown(number).status == "done")

    assert (shown(number).sent, shown(number).failed) == (2, 1)
    assert shown(number).reasons == {"blocked": 1}
    with database.reading() as session:
        assert chats.find(session, ids[1]).status == ChatStatus.BLOCKED


def test_a_pause_takes_back_what_has_not_left(
    people, queue, shown, database, ask, received, start_engine, step_until
):
    people(12)
    engine = start_engine(20)
    number = queue()
    step_until(engine, lambda: shown(number).sent >= 3)
    changes.pause(database.writing, number, "test")

    step_until(engine, lambda: not shown(number).sending)
    stood = received(ask).total()
    for _ in range(4):
        engine.step()

    assert received(ask).total() == stood == shown(number).sent
    changes.resume(database.writing, number, "test")
    step_until(engine, lambda: shown(number).status == "done")
    assert shown(number).sent == 12


def test_a_cancelled_broadcast_skips_the_rest(people, queue, shown, database, silence, run_until):
    people(5)
    number = queue()
    silence(30.0)
    run_until(lambda: shown(number).frozen_at)
    with database.writing() as session:  # as by a process that died before it skipped anybody
        broadcasts.change_status(session, number, broadcasts.OPEN, BroadcastStatus.CANCELLED)

    run_until(lambda: not shown(number).pending)

    assert shown(number).skipped == 5
    assert shown(number).reasons == {"cancelled": 5}


def test_stop_waits_for_what_is_in_flight(people, queue, engine, shown, ask, wait_until, counts):
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
