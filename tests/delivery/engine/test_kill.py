"""kill -9 in the middle of a broadcast, again and again: nobody is lost, nobody gets it twice."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter

import pytest

from appliance.crud import deliveries
from appliance.models import DeliveryState

KILLS = 12
TEXT = "hello"
PEOPLE = 400
RATE = 120
LATENCY = 0.05
IN_FLIGHT = RATE * (LATENCY + 0.12) + 4  # at most, at one kill: latency, claimed ahead, settling


def start(settings, sandbox):
    environment = {
        "PATH": os.defpath,
        "BOT_API_URL": sandbox.url,
        "SEND_RATE": str(RATE),
        "LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "appliance", "--home", str(settings.home), "bot"]
    return subprocess.Popen(command, env=environment)


@pytest.mark.slow
def test_a_broadcast_survives_twelve_kills(
    settings, database, sandbox, ask, people, queue, shown, wait_until
):
    ids = people(PEOPLE)
    ask("faults", {"kind": "latency", "seconds": LATENCY, "method": "sendMessage"})
    number = queue(TEXT)
    dice = random.Random(20261123)

    def recorded():
        return sum(e["text"] == TEXT for e in ask("record?limit=10000")["record"])

    for _ in range(KILLS):
        goal = recorded() + dice.randint(1, 20)
        process = start(settings, sandbox)
        wait_until(lambda goal=goal: recorded() >= goal, timeout=60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    assert shown(number).status == "running", "the kills must hit it before its end"
    last = start(settings, sandbox)
    wait_until(lambda: shown(number).status == "done", 60, lambda: str(vars(shown(number))))
    last.send_signal(signal.SIGTERM)
    assert last.wait(15) == 0

    record = ask("record?limit=10000")["record"]
    got = Counter(entry["chat_id"] for entry in record if entry["text"] == TEXT)
    welcomes = Counter(entry["chat_id"] for entry in record if entry["text"] != TEXT)
    with database.reading() as session:
        rows = {row.chat_id: row.state for row in deliveries.iterate(session, number)}
        states = deliveries.states_of(session, number)
    assert max(got.values()) == 1, "nobody twice"
    assert max(welcomes.values()) == 1, "an answer is not repeated either"
    assert sorted(rows) == ids, "nobody lost"
    assert set(rows.values()) <= {"sent", "unknown"}
    assert all(got[chat] == 1 for chat, state in rows.items() if state == "sent")
    assert states.get(DeliveryState.UNKNOWN, 0) <= KILLS * IN_FLIGHT
    assert states.get(DeliveryState.SENT, 0) == shown(number).sent
    assert states.get(DeliveryState.UNKNOWN, 0) == shown(number).unknown
