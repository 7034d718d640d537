"""The audience is written into the ledger in pieces that survive a crash."""

import time

from sqlalchemy import event
from sqlalchemy.engine.interfaces import CacheStats

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats
from appliance.delivery.freezer import freeze, rehearse
from appliance.delivery.jobs import Moment
from appliance.models import ChatStatus
from support.people import add_chats, add_user

NOW = Moment(1_790_000_000.0, time.monotonic())


def test_a_freeze_goes_on_after_a_crash(database, queue):
    with database.writing() as session:
        add_chats(session, *range(10, 15))
    number = queue()
    steps = 0
    whole = False
    while not whole:
        with database.writing() as session:  # each step as by a new process
            whole = freeze(session, broadcasts.get_fresh(session, number), NOW, chunk=2)
        steps += 1

    with database.reading() as session:
        row = broadcasts.get(session, number)
        assert (row.total, row.pending, row.status, steps) == (5, 5, "running", 3)
        assert sorted(r.chat_id for r in deliveries.iterate(session, number)) == [*range(10, 15)]


def test_members_out_of_reach_are_counted_as_skipped(database, queue):
    with database.writing() as session:
        add_chats(session, *range(10, 16))
        for chat_id in (11, 15):
            add_user(session, f"P{chat_id}", chat_id=chat_id)
            chats.set_status(session, chat_id, ChatStatus.BLOCKED)
    number = queue()
    whole = False
    while not whole:
        with database.writing() as session:
            whole = freeze(session, broadcasts.get_fresh(session, number), NOW, chunk=2)
    with database.reading() as session:
        row = broadcasts.get(session, number)
        assert (row.total, row.pending, row.skipped) == (6, 4, 2)
        assert row.reasons == {"chat_blocked": 2}
        assert deliveries.states_of(session, number) == {0: 4, 4: 2}


def test_after_a_rehearsal_no_statement_is_put_into_words_under_the_lock(database, queue):
    with database.writing() as session:
        for chat_id in range(10, 15):
            chats.remember(session, chat_id)
            if chat_id < 12:
                chats.set_status(session, chat_id, ChatStatus.BLOCKED)
    number = queue()

    rehearse(database)

    with database.reading() as session:
        assert broadcasts.get(session, number).total == 0
        assert deliveries.states_of(session, number) == deliveries.states_of(session, 0) == {}
    new = []

    def note(_, __, statement, ___, context, ____):
        if context.cache_hit == CacheStats.CACHE_MISS and "deliveries" in statement:
            new.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    whole = False
    while not whole:
        with database.writing() as session:
            whole = freeze(session, broadcasts.get_fresh(session, number), NOW, chunk=2)
    event.remove(database.engine, "before_cursor_execute", note)
    assert new == []
