"""kill -9 in an edit, a recall, a pause, a cancellation: each goes on, and counts nobody twice."""

import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts, operations
from appliance.models import BroadcastStatus, Delivery, DeliveryState
from appliance.runtime.schedule import Schedule
from appliance.services.broadcasts import NewBroadcast, changes, create

pytestmark = pytest.mark.slow

PEOPLE = 500
RATE = 120
LATENCY = 0.05
FAILURES = 300_000
LONGEST = 0.2  # seconds before a kill
FEWEST_KILLS = 12


@pytest.fixture
def delivered(world, processes, wait_until):
    """A broadcast that everybody has, and who they are."""
    ids = world.populate(PEOPLE)
    number = world.queue()
    world.finish(processes, wait_until, lambda: world.shown(number).status == "done")
    slow = {"kind": "latency", "seconds": LATENCY}
    world.ask("faults", slow)
    return number, ids


@pytest.fixture
def kill_until(world, processes, warm_engine, wait_until):
    """`kill_until(done, moved)`: engines, each killed at a random moment, until `done()`.

    Two of three are killed after the first thing that `moved()` shows. Returns how many it took.
    """
    warm, dice, pause = warm_engine(RATE), random.Random(20261124), threading.Event()

    def kill_until(done, moved):
        for turn in range(200):
            if done():
                return turn
            before, pid = moved(), warm.start()
            if turn % 3:
                wait_until(lambda before=before: done() or moved() != before, 20, processes.words)
            pause.wait(dice.uniform(0.0, LONGEST))
            warm.kill(pid)
        raise AssertionError("it does not come to an end")

    return kill_until


@pytest.fixture
def last(world):
    def last(number):
        with world.database.reading() as session:
            return operations.list_for(session, number)[-1]

    return last


def sums(operation):
    return operation.total, operation.done, operation.failed, operation.too_old


def edit(world, number, text):
    changes.edit(world.database.writing, number, "test", text=text, format="plain")


def test_an_edit_survives_kills(delivered, world, kill_until, last):
    number, ids = delivered
    sent = world.record()
    edit(world, number, "the final words")

    kills = kill_until(lambda: last(number).status == "done", lambda: last(number).done)

    assert kills >= FEWEST_KILLS
    assert sums(last(number)) == (PEOPLE, PEOPLE, 0, 0)
    assert [[m["text"] for m in world.phone(i)] for i in ids] == [["the final words"]] * PEOPLE
    assert world.record() == sent, "nothing was sent anew"
    assert world.shown(number).status == "done"
    assert world.shown(number).sent == PEOPLE


def test_a_second_edit_takes_the_place_of_the_first(delivered, world, kill_until, last):
    number, ids = delivered
    edit(world, number, "second thoughts")
    kill_until(lambda: last(number).done >= PEOPLE // 3, lambda: last(number).done)
    edit(world, number, "third thoughts")

    kill_until(lambda: last(number).status == "done", lambda: last(number).done)

    assert sums(last(number)) == (PEOPLE, PEOPLE, 0, 0)
    assert [[m["text"] for m in world.phone(i)] for i in ids] == [["third thoughts"]] * PEOPLE


def test_an_edit_among_the_sending_survives_kills(world, processes, kill_until, last, wait_until):
    """What is sent later says the new words by itself, what was in flight is edited last."""
    ids = world.populate(PEOPLE)
    world.ask("faults", {"kind": "latency", "seconds": LATENCY})
    number = world.queue()
    engine = processes.engine(SEND_RATE=str(RATE))
    wait_until(lambda: world.shown(number).sent >= 100, 30, processes.words)
    edit(world, number, "new")
    with world.database.reading() as session:
        in_flight = deliveries.chats_in(session, number, (DeliveryState.SENDING,))
    engine.kill()
    engine.wait()
    assert in_flight

    def ended():
        return bool(last(number).status == "done" and world.shown(number).status == "done")

    kills = kill_until(ended, lambda: (last(number).done, world.shown(number).sent))

    assert kills >= FEWEST_KILLS
    states = world.states(number)
    got = {i: [m["text"] for m in world.phone(i)] for i in ids}
    assert {i for i in ids if states[i] == "sent" and got[i] != ["new"]} == set()
    assert max(len(texts) for texts in got.values()) == 1, "nobody got it twice"
    assert Counter(states.values()).keys() <= {"sent", "unknown"}
    total, done, failed, too_old = sums(last(number))
    assert total == done
    assert (failed, too_old) == (0, 0)
    assert done <= 100 + 2 * RATE, "it does not run after what says the new words already"


def test_a_recall_survives_kills(delivered, world, kill_until, last):
    number, ids = delivered
    sent = world.record()
    changes.recall(world.database.writing, number, "test")

    kills = kill_until(lambda: last(number).status == "done", lambda: last(number).done)

    assert kills >= FEWEST_KILLS
    assert sums(last(number)) == (PEOPLE, PEOPLE, 0, 0)
    assert [[m["deleted"] for m in world.phone(i)] for i in ids] == [[True]] * PEOPLE
    assert world.record() == sent, "nothing was sent anew"


@pytest.mark.parametrize("kind", ["edit", "recall"])
def test_a_command_killed_before_it_began_is_finished(
    delivered, world, processes, last, wait_until, kind
):
    """It is killed while it looks who is being sent to, in a ledger long enough to be caught."""
    number, ids = delivered
    line = {"broadcast_id": number, "state": DeliveryState.FAILED, "attempts": 1, "updated_at": 0}
    with world.database.writing() as session:
        rows = [line | {"chat_id": 10**12 + i} for i in range(FAILURES)]
        session.execute(insert(Delivery), rows)
    words = {"edit": ["edit", str(number), "seven"], "recall": ["recall", str(number), "--yes"]}
    command = processes.command("broadcast", *words[kind])
    wait_until(lambda: operations_of(world, number), 30, processes.words)
    command.kill()
    command.wait()
    assert last(number).status == "draft"

    Schedule(world.database).finish_drafts(datetime.now(UTC) + timedelta(seconds=31))
    world.finish(processes, wait_until, lambda: last(number).status == "done")

    assert sums(last(number)) == (PEOPLE, PEOPLE, 0, 0)
    phones = [[(m["text"], m["deleted"]) for m in world.phone(i)] for i in ids]
    wished = {"edit": ("seven", False), "recall": ("hello", True)}
    assert phones == [[wished[kind]]] * PEOPLE


def operations_of(world, number):
    with world.database.reading() as session:
        return operations.list_for(session, number)


def test_a_pause_outlives_a_kill_and_so_does_its_end(
    world, processes, kill_until, check, wait_until, warm_engine
):
    ids = world.populate(PEOPLE)
    world.strike("latency", seconds=LATENCY)
    number = world.queue()
    warm = warm_engine(RATE)
    pid = warm.start()
    wait_until(lambda: world.shown(number).sent >= 50, 30, processes.words)
    changes.pause(world.database.writing, number, "test")
    warm.kill(pid)

    pid = warm.start()
    wait_until(lambda: not world.shown(number).sending, 20, processes.words)
    stood = len(world.record())
    world.probe(wait_until, processes.words)
    assert len(world.record()) == stood, "it is still paused"
    changes.resume(world.database.writing, number, "test")
    warm.kill(pid)
    kill_until(lambda: world.shown(number).status == "done", lambda: world.shown(number).pending)

    states = check(number, ids)
    assert states.keys() <= {"sent", "unknown"}


def test_a_paused_edit_outlives_a_kill(
    delivered, world, processes, kill_until, last, wait_until, warm_engine
):
    number, ids = delivered
    edit(world, number, "seven")
    warm = warm_engine(RATE)
    pid = warm.start()
    wait_until(lambda: last(number).done >= 50, 30, processes.words)
    changes.pause(world.database.writing, number, "test")
    warm.kill(pid)
    stood = last(number).done

    pid = warm.start()
    world.probe(wait_until, processes.words)
    assert (last(number).status, last(number).done) == ("paused", stood)
    changes.resume(world.database.writing, number, "test")
    warm.kill(pid)
    kill_until(lambda: last(number).status == "done", lambda: last(number).done)

    assert sums(last(number)) == (PEOPLE, PEOPLE, 0, 0)
    assert [[m["text"] for m in world.phone(i)] for i in ids] == [["seven"]] * PEOPLE


def test_a_cancellation_whose_process_died_is_finished_through_kills(
    world, processes, kill_until, wait_until, warm_engine
):
    """The decision is stored at once; skipping the rest takes many transactions."""
    people = 30_000
    world.remember_many(people)
    with world.database.writing() as session:
        number = create(session, NewBroadcast("x", to=("all",)))[0].id
    world.silence()
    warm = warm_engine(RATE)
    pid = warm.start()
    wait_until(lambda: world.shown(number).frozen_at, 30, processes.words)
    warm.kill(pid)
    with world.database.writing() as session:  # and dies before it has skipped anybody
        broadcasts.change_status(session, number, broadcasts.OPEN, BroadcastStatus.CANCELLED)

    kill_until(lambda: world.shown(number).pending == 0, lambda: world.shown(number).pending)

    told = world.shown(number)
    assert (told.status, told.total, told.skipped) == ("cancelled", people, people)
    assert told.reasons == {"cancelled": people}
    with world.database.reading() as session:
        assert deliveries.states_of(session, number) == {DeliveryState.SKIPPED: people}
    assert world.record() == []
