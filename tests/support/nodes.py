"""Several engines on one PostgreSQL, each with a Bot API of its own."""

import signal
import threading
from collections import Counter

import pytest
from sqlalchemy import text

from appliance.crud import deliveries
from support import bot_api

PEOPLE = 12_000
RATE = 300
TAKEOVER_SECONDS = 15
TRIES = 500
_TRANSACTION = text(
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name"
    " AND state = 'idle in transaction' AND backend_xid IS NOT NULL"
)
_CONNECTED = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")


class Node:
    """An engine with a Bot API of its own, so that it is known what it sent."""

    def __init__(self, name, processes, database, host="127.0.0.1", before=(), **variables):
        self.name, self.chats = name, []
        self._database = database
        self._served = bot_api.serving(self._answer, host)
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


def check_nobody_twice(database, number, ids, *nodes):
    times = Counter(chat for node in nodes for chat in node.chats)
    assert [chat for chat, count in times.items() if count > 1] == []
    with database.reading() as session:
        ledger = {row.chat_id: row.state for row in deliveries.iterate(session, number)}
    assert sorted(ledger) == sorted(ids)
    assert {chat for chat, state in ledger.items() if state == "sent"} <= times.keys()
