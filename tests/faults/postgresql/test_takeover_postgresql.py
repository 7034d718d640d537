"""Two engines on one PostgreSQL: one is frozen, the other goes on, and nobody gets it twice."""

import signal
from datetime import timedelta
from glob import glob

import pytest

from appliance.models import utcnow
from appliance.services.broadcasts import NewBroadcast, create
from appliance.services.leases import DELIVERY
from appliance.services.status import is_running
from support.nodes import PEOPLE, RATE, TAKEOVER_SECONDS, check_nobody_twice

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("inside", [True, False], ids=["in a transaction", "between two"])
def test_a_frozen_holder_is_taken_over_and_sends_nothing_more(
    inside, world, node, processes, database, wait_until
):
    ids = world.remember_many(PEOPLE)
    number = world.queue()
    first = node("first")
    wait_until(lambda: len(first.chats) >= RATE, 60, processes.words)
    second = node("second")
    wait_until(second.is_connected, 30, processes.words)

    first.freeze(inside)
    wait_until(lambda: second.chats, TAKEOVER_SECONDS, processes.words)
    sent, has_sent = len(first.chats), len(second.chats)
    first.wake()
    wait_until(lambda: "stands by" in processes.words(), 30, processes.words)
    wait_until(lambda: len(second.chats) >= has_sent + RATE, 30, processes.words)
    assert len(first.chats) == sent, "it lost its lease while it was frozen"

    second.process.kill()
    wait_until(lambda: len(first.chats) > sent, 30, processes.words)
    with database.reading() as session:
        assert is_running(session, DELIVERY)
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(15) == 0
    check_nobody_twice(database, number, ids, first, second)


@pytest.mark.parametrize("hours", ["-1h", "+1h"])
def test_a_clock_that_is_wrong_steals_nothing_and_begins_nothing_early_or_late(
    hours, world, node, processes, database, wait_until, find_program
):
    find_program("faketime")
    # The library and not the program, which would be killed instead of the engine.
    (library,) = glob("/usr/lib/*/faketime/libfaketime.so.1")
    wrong = {"LD_PRELOAD": library, "FAKETIME": hours, "DONT_FAKE_MONOTONIC": "1"}
    world.remember_many(PEOPLE)
    world.queue()
    later = queue_at(database, timedelta(minutes=30))
    first = node("first")
    wait_until(lambda: len(first.chats) >= RATE, 60, processes.words)
    second = node("second", **wrong)
    wait_until(second.is_connected, 30, processes.words)
    sent = len(first.chats)
    wait_until(lambda: len(first.chats) >= sent + 3 * RATE, 60, processes.words)
    assert second.chats == []

    first.freeze(inside=True)
    wait_until(lambda: second.chats, TAKEOVER_SECONDS, processes.words)
    soon = queue_at(database, timedelta(seconds=3))
    wait_until(lambda: world.shown(soon).status == "running", 30, processes.words)
    begun = world.shown(soon)
    assert begun.started_at >= begun.starts_at
    assert world.shown(later).status == "scheduled"
    with database.reading() as session:
        assert is_running(session, DELIVERY), "the lease is told by a time that all agree on"


def queue_at(database, delay):
    with database.writing() as session:
        new = NewBroadcast("later", "plain", to=("all",), starts_at=utcnow() + delay)
        return create(session, new)[0].id
