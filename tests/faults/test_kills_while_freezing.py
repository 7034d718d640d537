"""kill -9 while an audience is written into the ledger: it goes on from there, nobody twice."""

import sqlite3
import threading
from collections import Counter

import pytest

from appliance.models import DeliveryState

PEOPLE = 200_000  # forty chunks
KILLS = 8


@pytest.mark.sqlite("watches the file")
@pytest.mark.slow
def test_kills_in_the_freezing(world, settings, processes, warm_engine, wait_until):
    ids = world.remember_many(PEOPLE)
    world.silence()  # so that nothing but the freezing happens
    number = world.queue()
    warm = warm_engine(1000)
    watcher = sqlite3.connect(settings.data / "database.db", isolation_level=None)

    def stands():
        query = "SELECT cursor, frozen_at FROM broadcasts WHERE id = ?"
        return watcher.execute(query, (number,)).fetchone()

    cursors = []
    for _ in range(KILLS):
        before, _ = stands()
        pid = warm.start()
        wait_until_moved(stands, before)
        warm.kill(pid)
        cursor, frozen_at = stands()
        assert cursor is not None
        assert frozen_at is None, "the kill hit the freezing"
        cursors.append(cursor)
        assert ledger(watcher, number) == world.shown(number).total, "the count is the ledger's"
    assert cursors == sorted(set(cursors)), "each one began where the one before it was killed"

    pid = warm.start()
    wait_until(lambda: stands()[1], 60, processes.words)
    warm.kill(pid)

    told = world.shown(number)
    assert (told.status, told.total, told.pending) == ("running", PEOPLE, PEOPLE)
    rows = watcher.execute(
        "SELECT chat_id, state FROM deliveries WHERE broadcast_id = ? ORDER BY chat_id", (number,)
    ).fetchall()
    watcher.close()
    assert [chat for chat, _ in rows] == ids, "each exactly once"
    assert Counter(state for _, state in rows) == {int(DeliveryState.PENDING): PEOPLE}
    assert world.record() == []


def wait_until_moved(stands, before):
    """Looked at without a pause: a chunk takes about 10 ms."""
    look = threading.Event()
    for _ in range(200_000):
        if stands()[0] != before:
            return
        look.wait(0.0001)
    raise AssertionError("nothing is frozen")


def ledger(watcher, number):
    query = "SELECT count(*) FROM deliveries WHERE broadcast_id = ?"
    return int(watcher.execute(query, (number,)).fetchone()[0])
