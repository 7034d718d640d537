"""On PostgreSQL whoever changes several messages locks them by id, or waits for none of them.

A chat's messages are changed by the engine, by whoever loses or changes the operators' group, by a
group that migrates and by what deletes the old ones: two orders would be a deadlock.
"""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from appliance.crud import retention
from appliance.crud.chats import chats, supergroups
from appliance.crud.messages import messages
from appliance.crud.messages.messages import MessageOutcome
from appliance.models import ChatType, DeliveryState, Message
from support.stored import all_rows

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)
GROUP, PERSON = -5, 1
PENDING, SENDING, SENT, FAILED, _, UNKNOWN = DeliveryState


@pytest.fixture
def queue(database):
    """`queue(1, -5)`: a message to each chat; with `state`, as it is then."""

    def queue(*chat_ids, state=PENDING):
        over = state not in (PENDING, SENDING)
        columns = {"state": state, "finished_at": NOW if over else None, "visible": not over}
        with database.writing() as session:
            for chat_id in chat_ids:
                chats.remember(session, chat_id, type=_type_of(chat_id), title="Choir")
                row = messages.queue(session, chat_id, "sendMessage", {}, about_chat_id=PERSON)
                session.execute(update(Message).where(Message.id == row.id).values(**columns))

    return queue


def _type_of(chat_id):
    return ChatType.GROUP if chat_id < 0 else ChatType.PRIVATE


def states(database):
    return [row.state for row in all_rows(database, Message)]


def lock(session, message_id, **options):
    row = select(Message.id).where(Message.id == message_id)
    return session.scalars(row.with_for_update(**options)).all()


def record_the_later_first(session):
    messages.record(session, [MessageOutcome(2, SENT), MessageOutcome(1, SENT)], NOW)


@pytest.mark.parametrize(
    ("chat_ids", "state", "change", "after"),
    [
        ((GROUP, PERSON), SENDING, record_the_later_first, SENT),
        ((GROUP, PERSON), SENDING, lambda session: messages.recover(session, NOW), UNKNOWN),
        ((GROUP, PERSON), SENDING, lambda session: messages.put_back(session, set()), PENDING),
        (
            (GROUP, GROUP),
            PENDING,
            lambda session: messages.give_up_copies(session, GROUP, "group_changed"),
            FAILED,
        ),
        (
            (GROUP, GROUP),
            SENT,
            lambda session: supergroups.migrate(session, GROUP, -1005, NOW),
            SENT,
        ),
    ],
    ids=["record", "recover", "put back", "give up", "migrate"],
)
def test_who_waits_for_a_message_holds_none_of_a_higher_id(
    database, queue, elsewhere, wait_until, somebody_waits, chat_ids, state, change, after
):
    queue(*chat_ids, state=state)
    with database.writing() as session:
        # Written anew it lies behind the other in the table, which is read from its beginning.
        session.execute(update(Message).where(Message.id == 1).values(text="anew"))

    def run():
        with database.writing() as session:
            change(session)

    with database.writing() as session:
        lock(session, 1)
        running = elsewhere.submit(run)
        wait_until(somebody_waits)
        assert lock(session, 2, skip_locked=True) == [2]
    running.result(10)
    assert states(database) == [after, after]


@pytest.mark.parametrize(
    "delete",
    [messages.forget_calls, partial(retention.PARTS["messages"], limit=9)],
    ids=["calls", "retention"],
)
def test_what_deletes_old_messages_waits_for_none(database, queue, elsewhere, delete):
    queue(PERSON, PERSON, state=SENT)

    def run():
        with database.writing() as session:
            return delete(session, before=LATER)

    with database.writing() as session:
        lock(session, 1)
        assert elsewhere.submit(run).result(10) == 1
    assert [row.id for row in all_rows(database, Message)] == [1]


def test_the_engine_takes_what_nobody_else_holds(database, queue, elsewhere):
    queue(GROUP, PERSON)

    def take():
        with database.writing() as session:
            return [row.id for row in messages.take(session, 9)]

    with database.writing() as session:
        messages.give_up_copies(session, GROUP, "group_changed")
        assert elsewhere.submit(take).result(10) == [2]
    assert states(database) == [FAILED, SENDING], "what was given up is not sent after all"
