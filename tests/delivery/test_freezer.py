"""The audience is written into the ledger in pieces that survive a crash."""

import time
from collections.abc import Callable

from appliance.crud import broadcasts, chats, deliveries
from appliance.database import Database
from appliance.delivery.freezer import freeze
from appliance.delivery.jobs import Moment
from appliance.models import Broadcast

NOW = Moment(1_790_000_000.0, time.monotonic())


def test_a_freeze_goes_on_after_a_crash(database: Database, queue: Callable[..., int]) -> None:
    with database.writing() as session:
        for chat_id in range(10, 15):
            chats.remember(session, chat_id)
    number = queue()
    steps = 0
    whole = False
    while not whole:
        with database.writing() as session:  # each step as by a new process
            whole = freeze(session, broadcasts.get_fresh(session, number), NOW, chunk=2)
        steps += 1

    with database.reading() as session:
        row: Broadcast = broadcasts.get(session, number)
        assert (row.total, row.pending, row.status, steps) == (5, 5, "running", 3)
        assert sorted(r.chat_id for r in deliveries.iterate(session, number)) == [*range(10, 15)]
