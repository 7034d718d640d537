"""The audience is written into the ledger in pieces that survive a crash."""

import time
from datetime import timedelta

import pytest
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
    states = []
    whole = False
    while not whole:
        with database.writing() as session:  # each step as by a new process
            whole = freeze(session, broadcasts.get_fresh(session, number), NOW, chunk=2)
        with database.reading() as session:
            row = broadcasts.get(session, number)
            states.append((row.status, row.frozen_at is not None))

    assert states == [("scheduled", False), ("scheduled", False), ("running", True)]
    with database.reading() as session:
        row = broadcasts.get(session, number)
        assert (row.total, row.pending) == (5, 5)
        assert sorted(r.chat_id for r in deliveries.iterate(session, number)) == [*range(10, 15)]


@pytest.mark.parametrize("later", [-3600, 3600])
def test_it_begins_when_it_is_frozen_and_not_before_it_was_made(later, database, queue):
    """A clock that was set back since must not make it older than itself."""
    with database.writing() as session:
        add_chats(session, 10)
    number = queue()
    with database.writing() as session:
        row = broadcasts.get(session, number)
        made = row.created_at
        now = made + timedelta(seconds=later)
        assert freeze(session, row, Moment(now.timestamp(), 0.0))

        session.refresh(row)
        assert row.started_at == max(made, now)


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


@pytest.mark.sqlite("everybody waits for its write lock")
def test_after_a_rehearsal_no_statement_is_put_into_words_under_the_lock(database, queue):
    with database.writing() as session:
        for chat_id in range(10, 15):
            chats.remember(session, chat_id)
            if chat_id < 12:
                chats.set_status(session, chat_id, ChatStatus.BLOCKED)
    number = queue()
    database.engine.clear_compiled_cache()  # which the tests share

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
