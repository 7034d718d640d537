"""A hundred kills -9 over one broadcast: nobody twice, nobody lost, and few are uncertain."""

import math
import random
import signal
import threading
from collections import Counter

import pytest

from appliance.delivery.engine import CLAIM_AHEAD_SECONDS, SETTLE_SECONDS

KILLS = 100
PEOPLE = 12_000  # three chunks of an audience that is frozen
RATE = 300
LATENCY = 0.05
EARLY = 15  # kills with no regard to how far it got: a start, a recovery, a part of the audience
LONGEST = 0.15  # seconds before a kill, counted from the start or from the first thing it did
# What leaves no trace at the server: claimed for the next turn, or in a socket of the dead.
CLAIMED_AHEAD = (
    math.ceil(RATE * (SETTLE_SECONDS[0] + CLAIM_AHEAD_SECONDS + 0.02)) + 2
)  # 0.02: over the tolerance
IN_FLIGHT = RATE * (
    LATENCY + 2 * SETTLE_SECONDS[0] + CLAIM_AHEAD_SECONDS
)  # what `delivery/engine.py` promises of one kill


@pytest.mark.slow
def test_a_broadcast_survives_a_hundred_kills(world, processes, warm_engine, check, wait_until):
    ids = world.populate(PEOPLE)
    world.strike("latency", seconds=LATENCY)
    number = world.queue()
    dice = random.Random(20261123)
    warm = warm_engine(RATE)
    struck = Counter()
    uncertain = []
    pause = threading.Event()

    for turn in range(KILLS):
        before = world.shown(number)
        pid = warm.start()
        if turn >= EARLY and turn % 4:

            def moves(before=before):
                return bool(world.shown(number).pending != before.pending)

            wait_until(moves, 20, processes.words)
        # the first kill comes at once, so that one surely falls before the first message
        pause.wait(dice.uniform(0.0, LONGEST) if turn else 0.0)
        warm.kill(pid)
        struck[where(world.shown(number))] += 1
        claimed = {chat for chat, state in world.states(number).items() if state == "sending"}
        uncertain.append(claimed)

    assert world.shown(number).status == "running", "the kills must hit it before its end"
    assert {"before the first message", "in flight"} <= struck.keys()
    world.heal()
    last = processes.engine(SEND_RATE="1000")
    wait_until(lambda: world.shown(number).status == "done", 60, processes.words)
    last.send_signal(signal.SIGTERM)
    assert last.wait(15) == 0
    states = check(number, ids)
    assert states["unknown"] == len(set().union(*uncertain)), "those and no others"
    assert states["unknown"] <= KILLS * IN_FLIGHT
    arrived = {chat for chat, _ in world.record()}
    assert max(len(claimed - arrived) for claimed in uncertain) <= CLAIMED_AHEAD


def where(broadcast):
    if broadcast.status == "scheduled":
        return "before the first message"  # for the freezing see test_kills_while_freezing.py
    return "in flight" if broadcast.sending else "between two turns"
