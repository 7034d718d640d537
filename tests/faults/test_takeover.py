"""A process that sleeps longer than its lease: another takes over, and nobody gets it twice."""

import signal

import pytest

PEOPLE = 900
RATE = 20


@pytest.mark.slow
@pytest.mark.parametrize("program", ["engine", "bot"])
def test_stopped_for_longer_than_the_lease_then_continued(
    program, world, processes, check, wait_until
):
    """The engine alone, and all of `appliance bot`, which holds three leases."""
    start = getattr(processes, program)
    ids = world.populate(PEOPLE)
    if program == "bot":
        welcome_everybody(world, processes, wait_until)
    world.strike("latency", seconds=0.4)  # so that calls are in flight whenever it is stopped
    number = world.queue()
    first = start(SEND_RATE=str(RATE))
    wait_until(lambda: world.shown(number).sent >= 20, 30, processes.words)
    second = start(SEND_RATE=str(RATE))

    freeze_until_another_sends(world, number, first, wait_until, processes)
    wait_until(lambda: "stands by" in processes.words(), 15, processes.words)
    freeze_until_another_sends(world, number, second, wait_until, processes)
    world.heal()
    for process in (first, second):
        process.send_signal(signal.SIGTERM)
    for process in (first, second):
        assert process.wait(15) == 0
    last = processes.engine(SEND_RATE="1000")
    wait_until(lambda: world.shown(number).status == "done", 60, processes.words)
    last.send_signal(signal.SIGTERM)
    assert last.wait(15) == 0

    states = check(number, ids)
    assert states.keys() <= {"sent", "unknown"}
    assert states["unknown"] <= 2 * RATE  # two takeovers, each with less than a second in flight


def welcome_everybody(world, processes, wait_until):
    """Answer the /start of each, which would go before the broadcast."""
    process = processes.bot(SEND_RATE="1000")
    wait_until(lambda: world.count_sent() >= PEOPLE, 60, processes.words)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0


def freeze_until_another_sends(world, number, process, wait_until, processes):
    process.send_signal(signal.SIGSTOP)
    unknown = world.shown(number).unknown
    wait_until(lambda: world.shown(number).unknown > unknown, 30, processes.words)
    sent = world.shown(number).sent
    wait_until(lambda: world.shown(number).sent > sent + 5, 30, processes.words)
    process.send_signal(signal.SIGCONT)
    sent = world.shown(number).sent
    wait_until(lambda: world.shown(number).sent > sent + 10, 30, processes.words)
