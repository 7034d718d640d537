"""A thousand updates, and kills -9 at random moments: each is handled once and answered once."""

import random
import threading

import pytest
from sqlalchemy import func, select

from appliance.config import SANDBOX_TOKEN
from appliance.models import Direction, Message, Update
from appliance.sandbox.server import Sandbox
from support.network import free_port
from support.stored_updates import count_waiting

UPDATES = 1000
LEAST_KILLS = 8
MOST = 25  # updates that one life handles before its end draws near
LONGEST = 0.1  # seconds from there to its end

pytestmark = pytest.mark.slow


@pytest.fixture
def sandbox():
    """One that is quick to bring again what a dead webhook did not take."""
    sandbox = Sandbox(SANDBOX_TOKEN, webhook_pause=0.02)
    sandbox.start()
    yield sandbox
    sandbox.stop()


def handled(database):
    with database.reading() as session:
        done = select(func.count(Update.seq)).where(Update.handled_at.is_not(None))
        return session.scalar(done) or 0


@pytest.mark.parametrize("way", ["polling", "webhook"])
def test_each_is_handled_once(way, world, processes, warm_listener, database, wait_until):
    made = world.ask("people", {"count": UPDATES, "start": True, "seed": 7})["people"]
    options = ["--webhook", str(free_port())] if way == "webhook" else []
    lives = warm_listener(*options)
    dice, pause = random.Random(20261123), threading.Event()
    kills = 0
    while (before := handled(database)) < UPDATES * 0.8:
        pid = lives.start()
        if kills % 4:  # every fourth is killed while it starts
            # By work, not by time alone: else a slow machine would need hundreds of lives.
            goal = before + dice.randint(1, MOST)

            def arrives(goal=goal):
                return handled(database) >= goal

            wait_until(arrives, 60, processes.words)
        pause.wait(dice.uniform(0.0, LONGEST))
        lives.kill(pid)
        kills += 1
    last = lives.start()
    wait_until(lambda: all_are_handled(database), 60, processes.words)
    lives.kill(last)

    assert kills >= LEAST_KILLS, "the kills must hit it at work"
    with database.reading() as session:
        assert session.scalar(select(func.count(Update.seq))) == UPDATES
        assert session.scalars(select(Update.error).where(Update.error.is_not(None))).all() == []
        for direction, of_each in ((Direction.IN, "heard"), (Direction.OUT, "answered")):
            rows = session.execute(
                select(Message.chat_id, func.count(Message.id))
                .where(Message.direction == direction, Message.visible)
                .group_by(Message.chat_id)
            ).all()
            assert sorted(rows) == [(person["id"], 1) for person in by_id(made)], of_each


def all_are_handled(database):
    with database.reading() as session:
        stored = session.scalar(select(func.count(Update.seq)))
        return stored == UPDATES and count_waiting(session) == 0


def by_id(people):
    return sorted(people, key=lambda person: int(person["id"]))
