"""Two engines on one PostgreSQL: one is frozen, the other goes on, and nobody gets it twice."""

import signal
import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from appliance import config, env_file
from appliance.crud import deliveries
from appliance.database import Database
from appliance.models import utcnow
from appliance.services.broadcasts import NewBroadcast, create
from appliance.services.leases import DELIVERY
from appliance.services.status import is_running
from support import bot_api

pytestmark = pytest.mark.slow
PEOPLE = 12_000
RATE = 300
TAKEOVER_SECONDS = 15
TRIES = 500
_TRANSACTION = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name"
    " AND state = 'idle in transaction' AND backend_xid IS NOT NULL"
)
_CONNECTED = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")


@pytest.fixture
def database(home, make_postgresql, migrated_postgresql):
    url = make_postgresql(template=migrated_postgresql)
    env_file.write(home / ".env", config.read_values(home, {}) | {"DATABASE_URL": url})
    database = Database(url)
    yield database
    database.dispose()


class Node:
    """An engine with a Bot API of its own, so that it is known what it sent."""

    def __init__(self, name, processes, database, before=(), **variables):
        self.name, self.chats = name, []
        self._database = database
        self._served = bot_api.serving(self._answer)
        url = self._served.__enter__()
        variables |= {"SEND_RATE": str(RATE), "PGAPPNAME": name, "BOT_API_URL": url}
        self.process = processes.engine(before=before, **variables)

    def close(self):
        self.process.kill()
        self.process.wait()
        self._served.__exit__(None, None, None)

    def is_connected(self):
        return self._count(_CONNECTED) > 0

    def freeze(self, inside):
        """Stop it as SIGSTOP does, inside a transaction that has written or outside of one."""
        for _ in range(TRIES):
            self.process.send_signal(signal.SIGSTOP)
            if (self._count(_TRANSACTION) > 0) == inside:
                return
            self.wake()
            threading.Event().wait(0.003)  # or it would be stopped before it came any further
        pytest.fail(f"{self.name} was never stopped so")

    def wake(self):
        self.process.send_signal(signal.SIGCONT)

    def _count(self, query):
        with self._database.reading() as session:
            return session.scalar(query, {"name": self.name})

    def _answer(self, parameters):
        self.chats.append(parameters["chat_id"])
        return 200, {"ok": True, "result": {"message_id": len(self.chats)}}


@pytest.fixture
def node(processes, database):
    """`node("first")`: an engine that runs, or stands by."""
    made = []

    def node(name, **options):
        made.append(Node(name, processes, database, **options))
        return made[-1]

    yield node
    for one in made:
        one.close()


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
    times = Counter([*first.chats, *second.chats])
    assert [chat for chat, count in times.items() if count > 1] == []
    with database.reading() as session:
        ledger = {row.chat_id: row.state for row in deliveries.iterate(session, number)}
    assert sorted(ledger) == sorted(ids)
    assert {chat for chat, state in ledger.items() if state == "sent"} <= times.keys()


@pytest.mark.parametrize("hours", ["-1h", "+1h"])
def test_a_clock_that_is_wrong_steals_nothing_and_begins_nothing_early_or_late(
    hours, world, node, processes, database, wait_until, find_program
):
    wrong = [find_program("faketime"), "-f", hours]
    world.remember_many(PEOPLE)
    world.queue()
    later = queue_at(database, timedelta(minutes=30))
    first = node("first")
    wait_until(lambda: len(first.chats) >= RATE, 60, processes.words)
    second = node("second", before=wrong, DONT_FAKE_MONOTONIC="1")
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
