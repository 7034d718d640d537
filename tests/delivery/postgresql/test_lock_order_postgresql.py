"""On PostgreSQL all lock in one order: chats by id, then broadcasts by id, each before its lines.

Two orders would be a deadlock, of which PostgreSQL ends one transaction.
"""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats, supergroups
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.engine import wall_and_monotonic
from appliance.delivery.freezer import freeze
from appliance.delivery.jobs import Result
from appliance.models import Broadcast, BroadcastStatus, Chat, ChatStatus, Priority
from appliance.services.broadcasts import ledger_walk

pytestmark = pytest.mark.slow

ROUNDS = 30
GONE = Verdict(Kind.GONE, "blocked", "Forbidden: bot was blocked by the user")


def test_a_group_migrates_beside_a_sweep(database, queue, elsewhere, wait_until, somebody_waits):
    now = datetime.now(UTC)
    with database.writing() as session:
        for chat_id in (1, -5):
            chats.remember(session, chat_id)
        chats.set_approved(session, chats.find(session, -5), True, None)
    number = queue("x", to=("all", "chat:-5"))
    with database.writing() as session:
        assert freeze(session, broadcasts.get(session, number), wall_and_monotonic())
    with database.writing() as session:
        broadcasts.change_status(session, number, broadcasts.OPEN, BroadcastStatus.PAUSED)
    with database.writing() as session:
        supergroups.migrate(session, -5, -1005, now)
        swept = elsewhere.submit(ledger_walk.skip_pending, database.writing, number, now)
        wait_until(lambda: somebody_waits())
        broadcasts.lock(session, number)  # as the engine does before it commits
    assert swept.result(10).skipped == 2


def test_who_waits_for_a_chat_holds_none_of_a_higher_id(
    database, elsewhere, wait_until, somebody_waits
):
    with database.writing() as session:
        for chat_id in (1, 2):
            chats.remember(session, chat_id)

    def lock_both():
        with database.writing() as session:
            return [chat.id for chat in chats.lock(session, [2, 1])]

    with database.writing() as session:
        chats.lock(session, [1])
        both = elsewhere.submit(lock_both)
        wait_until(lambda: somebody_waits())
        second = select(Chat.id).where(Chat.id == 2).with_for_update(skip_locked=True)
        assert session.scalars(second).all() == [2]
    assert both.result(10) == [1, 2]


def test_the_engine_locks_broadcasts_by_id_and_not_by_priority(
    database, queue, elsewhere, wait_until, somebody_waits
):
    with database.writing() as session:
        chats.remember(session, 1)
    first, urgent = queue("x"), queue("y")
    with database.writing() as session:
        broadcasts.get(session, urgent).priority = Priority.NOTIFICATION

    def lock_all():
        with database.writing() as session:
            found = broadcasts.list_active(session, datetime.now(UTC), lock=True)
            return [active.id for active in found]

    with database.writing() as session:
        broadcasts.lock(session, first)
        everything = elsewhere.submit(lock_all)
        wait_until(lambda: somebody_waits())
        other = select(Broadcast.id).where(Broadcast.id == urgent)
        assert session.scalars(other.with_for_update(skip_locked=True)).all() == [urgent]
    assert everything.result(10) == [urgent, first]


def test_the_engine_and_the_bot_change_the_same_chats(
    database, queue, coordinator, settle, elsewhere
):
    """The results come in one order, the updates in the other."""
    people = list(range(1, 9))
    with database.writing() as session:
        for chat_id in people:
            chats.remember(session, chat_id)
    start = threading.Barrier(2, timeout=10)

    def hear(number):
        start.wait()
        with database.writing() as session:
            known = chats.lock(session, people)
            for chat_id in people:
                chats.remember(session, chat_id, first_name=f"P{number}")
                session.flush()
            return len(known)

    for number in range(ROUNDS):
        with database.writing() as session:
            for chat_id in people:
                chats.set_status(session, chat_id, ChatStatus.ACTIVE)
        queue("x")
        jobs = settle()
        while len(jobs) < len(people):
            jobs += settle()
        heard = elsewhere.submit(hear, number)
        start.wait()
        settle([Result(job, GONE) for job in sorted(jobs, key=lambda job: -job.chat_id)], wanted=0)
        assert heard.result(10) == len(people)
        with database.reading() as session:
            statuses = session.scalars(select(Chat.status).where(Chat.id.in_(people)))
            assert set(statuses) == {ChatStatus.BLOCKED}
    coordinator.hand_in([], wall_and_monotonic())  # gives its connection back
