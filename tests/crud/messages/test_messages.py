"""The outbox: what is queued leaves once, in order, replies first."""

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, text
from sqlalchemy.exc import IntegrityError

from appliance.crud.messages import messages
from appliance.crud.messages.messages import GATHERS, MessageOutcome
from appliance.models import Chat, DeliveryState, Message, Priority, utcnow
from support.people import add_chats
from support.stored import find_row

NOW = utcnow()
PENDING, SENDING, SENT, FAILED, SKIPPED, UNKNOWN = DeliveryState
REPLY, NOTIFICATION = Priority.REPLY, Priority.NOTIFICATION


@pytest.fixture
def queue(store, know):
    """`queue(1, "hi")`: the id of a queued message; makes the chat known."""

    def queue(chat_id, words="hi", priority=REPLY, **options):
        know(chat_id)
        with store.writing() as session:
            return messages.queue(
                session,
                chat_id,
                "sendMessage",
                {"text": words},
                priority=priority,
                text=words,
                **{"now": NOW, **options},
            ).id

    return queue


@pytest.fixture
def take(store):
    def take(limit=10, busy=(), now=None):
        with store.writing() as session:
            return messages.take(session, limit, frozenset(busy), now)

    return take


@pytest.fixture
def record(store):
    def record(*outcomes, now=NOW):
        with store.writing() as session:
            messages.record(session, outcomes, now)

    return record


@pytest.fixture
def find(store):
    return partial(find_row, store, Message)


def ids(taken):
    return [row.id for row in taken]


def test_what_was_queued_is_taken_once(queue, take, find):
    message_id = queue(1, "hello")
    (row,) = take()
    assert (row.id, row.chat_id, row.method) == (message_id, 1, "sendMessage")
    assert (row.params, row.priority, row.attempts, row.visible) == (
        {"text": "hello"},
        REPLY,
        0,
        True,
    )
    assert find(message_id).state == SENDING
    assert take() == []


def test_queuing_belongs_to_the_callers_transaction(store, know, take):
    know(1)
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        messages.queue(session, 1, "sendMessage", {"text": "never"})
        raise ZeroDivisionError
    assert take() == []


def test_replies_leave_before_notifications(queue, take):
    notification = queue(1, priority=NOTIFICATION)
    replies = [queue(2), queue(3)]
    assert ids(take()) == [*replies, notification]


def test_in_the_order_they_were_queued(queue, take):
    queued = [queue(chat_id) for chat_id in (9, 3, 7)]
    assert ids(take(2)) == queued[:2]
    assert ids(take(2)) == queued[2:]


def test_one_at_a_time_to_one_chat(queue, take, record):
    first, second = queue(1, "first"), queue(1, "second")
    assert ids(take()) == [first]
    assert take() == []  # the first is under way still
    record(MessageOutcome(first, SENT, message_id=77))
    assert ids(take()) == [second]


def test_a_reply_does_not_overtake_what_is_being_sent(queue, take, record):
    notification = queue(1, priority=NOTIFICATION)
    assert ids(take()) == [notification]
    reply = queue(1)
    assert take() == []
    record(MessageOutcome(notification, SENT))
    assert ids(take()) == [reply]


def test_within_a_chat_a_reply_goes_first(queue, take):
    queue(1, priority=NOTIFICATION)
    reply = queue(1)
    assert ids(take()) == [reply]


def test_busy_chats_are_left_out_and_hold_nobody_up(queue, take):
    queue(1), queue(2)
    third = queue(3)
    assert ids(take(1, busy={1, 2})) == [third]
    assert len(take(10, busy={1})) == 1


def test_put_back_it_comes_again_with_its_tries(queue, take, record, find):
    message_id = queue(1)
    take()
    record(MessageOutcome(message_id, PENDING, "server_error"))
    assert (find(message_id).state, find(message_id).finished_at) == (PENDING, None)
    take()
    record(MessageOutcome(message_id, PENDING, "flood", counts=False))
    (row,) = take()
    assert (row.id, row.attempts) == (message_id, 1)


def test_outcomes_are_kept(queue, take, record, find):
    sent, failed = queue(1), queue(2)
    take()
    later = NOW + timedelta(seconds=1)
    record(
        MessageOutcome(sent, SENT, message_id=2**40),
        MessageOutcome(failed, FAILED, "blocked"),
        now=later,
    )
    row = find(sent)
    assert (row.state, row.message_id, row.reason, row.attempts) == (SENT, 2**40, None, 1)
    assert row.finished_at == later
    row = find(failed)
    assert (row.state, row.message_id, row.reason) == (FAILED, None, "blocked")
    record()  # nothing is fine


def test_an_outcome_that_comes_too_late_changes_nothing(queue, take, store, record, find):
    message_id = queue(1)
    take()
    with store.writing() as session:
        messages.recover(session, NOW)
    record(MessageOutcome(message_id, SENT, message_id=5))
    assert (find(message_id).state, find(message_id).message_id) == (UNKNOWN, None)


def test_after_a_crash_nothing_is_sent_again(queue, take, store, find):
    under_way, waiting = queue(1), queue(2)
    take(1)
    with store.writing() as session:
        assert messages.recover(session, NOW) == 1
        assert messages.recover(session, NOW) == 0
    row = find(under_way)
    assert (row.state, row.reason, row.finished_at) == (UNKNOWN, "interrupted", NOW)
    assert ids(take()) == [waiting]


def test_what_people_write_is_not_sent_back(store, know, take):
    know(1)
    with store.writing() as session:
        row = messages.record_incoming(session, 1, "hello", 12, NOW)
        assert (row.direction, row.state, row.message_id) == ("in", None, 12)
        assert not messages.any_waiting(session)
        assert messages.waiting(session) == (0, None)
    assert take() == []


def test_what_waits_is_counted(queue, store, take, record):
    first = queue(1)
    queue(2, now=NOW + timedelta(seconds=1))
    with store.reading() as session:
        assert messages.waiting(session) == (2, NOW)
        assert messages.any_waiting(session)
    take()
    with store.reading() as session:
        assert messages.waiting(session) == (2, NOW)  # what is under way has not arrived
        assert not messages.any_waiting(session)
    record(MessageOutcome(first, SENT))
    with store.reading() as session:
        assert messages.waiting(session) == (1, NOW + timedelta(seconds=1))


def test_a_thread_is_what_was_said_newest_first(queue, store, know):
    queue(2, "to another")
    first = queue(1, "one")
    queue(1, "a call", visible=False)
    with store.writing() as session:
        second = messages.record_incoming(session, 1, "two", 5).id
    third = queue(1, "three")
    with store.reading() as session:
        assert [row.id for row in messages.thread(session, 1, 10)] == [third, second, first]
        page = messages.thread(session, 1, 1)
        rest = messages.thread(session, 1, 10, page[-1].id)
        assert [row.id for row in [*page, *rest]] == [third, second, first]


def test_when_a_text_was_last_told(queue, store):
    queue(1, "hello")
    queue(1, "hello", now=NOW + timedelta(hours=1))
    queue(2, "hello", now=NOW + timedelta(hours=2))
    with store.writing() as session:
        messages.record_incoming(session, 1, "hello", 5, NOW + timedelta(hours=3))
        assert messages.last_outgoing_at(session, 1, "hello") == NOW + timedelta(hours=1)
        assert messages.last_outgoing_at(session, 1, "other") is None


def test_only_finished_calls_are_forgotten(queue, store, take, record, find):
    call, message, waiting = queue(1, visible=False), queue(2), queue(3, visible=False)
    taken = [row.id for row in take(2)]
    record(*(MessageOutcome(number, SENT) for number in taken))
    with store.writing() as session:
        assert messages.forget_calls(session, NOW) == 0
        assert messages.forget_calls(session, NOW + timedelta(seconds=1)) == 1
    assert find(call) is None
    assert find(message) is not None
    assert find(waiting) is not None


def test_an_album_waits_for_its_parts_and_nothing_overtakes_it(queue, take):
    album = queue(1, "album", album_id="7")
    after, other = queue(1, "after"), queue(2, "other")
    assert [row.id for row in take(now=NOW + GATHERS / 2)] == [other]
    assert [row.id for row in take(now=NOW + GATHERS)] == [album]
    assert after not in [row.id for row in take(now=NOW + GATHERS)]


def test_an_album_takes_parts_until_it_may_leave(store, queue, take, record):
    first, _ = queue(1, "album", album_id="7"), queue(1, "another", album_id="8")

    def gathering(chat_id, album_id, now):
        with store.writing() as session:
            found = messages.gathering(session, chat_id, album_id, now)
            return found.id if found else None

    assert gathering(1, "7", NOW + GATHERS / 2) == first
    assert gathering(1, "9", NOW) is None
    assert gathering(2, "7", NOW) is None
    assert gathering(1, "7", NOW + GATHERS) is None
    take(now=NOW + GATHERS)
    assert gathering(1, "7", NOW) is None


@pytest.mark.parametrize(
    "look",
    [lambda session: messages.take(session, 5), messages.any_waiting, messages.waiting],
    ids=["take", "any_waiting", "waiting"],
)
def test_the_outbox_is_read_from_its_index(database, look):
    """A table of a million messages is not read twenty times a second."""
    statements = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.writing() as session:
        look(session)
    event.remove(database.engine, "before_cursor_execute", note)
    assert statements
    for statement, parameters in statements:
        with database.reading() as session:
            plan = session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            )
            steps = [row[3] for row in plan]
        indexes = ("INDEX ix_messages_outbox (state=?)", "INDEX ix_messages_outbox_chat (state=?)")
        assert any(index in step for step in steps for index in indexes), steps
        assert [step for step in steps if step.startswith(("SCAN messages", "USE TEMP"))] == []


@pytest.mark.slow
def test_postgresql_reads_the_outbox_from_its_index_too(postgresql_database):
    with postgresql_database.reading() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.scalars(
            text("EXPLAIN SELECT id FROM messages WHERE messages.state IN (0, 1) AND state = 0")
        )
        assert any("ix_messages_outbox" in line for line in plan)


def test_found_by_telegrams_id(store, know):
    know(1, 2)
    with store.writing() as session:
        row = messages.record_incoming(session, 1, "one", 7)
        assert messages.find_by_telegram_id(session, 1, 7).id == row.id
        assert messages.find_by_telegram_id(session, 2, 7) is None


def test_an_album_is_found_near_its_part(store, know):
    know(1)
    with store.writing() as session:
        row = messages.record_incoming(session, 1, "", 7, album_id="a")
        assert messages.find_album(session, 1, "a", 9).id == row.id
        assert messages.find_album(session, 1, "b", 9) is None
        assert messages.find_album(session, 1, "a", 9000) is None


def test_a_request_is_found_by_its_key_and_no_key_is_used_twice(queue, store):
    number = queue(1, key="answer:x")
    queue(2)
    with store.reading() as session:
        assert messages.get_by_key(session, "answer:x").id == number
        assert messages.get_by_key(session, "answer:y") is None
    with pytest.raises(IntegrityError):
        queue(2, key="answer:x")


def test_a_call_about_somebody_waits_until_it_is_done(queue, take, record, store):
    number = queue(1, about_chat_id=5)

    def waits(about):
        with store.reading() as session:
            return messages.is_waiting(session, 1, "sendMessage", about)

    assert (waits(5), waits(6)) == (True, False)
    (row,) = take()
    assert (row.about_chat_id, row.media) == (5, [])
    assert waits(5)
    record(MessageOutcome(number, SENT))
    assert not waits(5)


@pytest.mark.parametrize("visible", [True, False])
def test_what_is_in_no_thread_is_not_kept_when_it_is_over(queue, take, record, find, visible):
    """It may be a code for linking; until then another try needs it."""
    row = queue(1, visible=visible)
    take()
    record(MessageOutcome(row, PENDING))
    assert find(row).params == {"text": "hi"}
    take()
    record(MessageOutcome(row, SENT, message_id=7))
    assert find(row).params == ({"text": "hi"} if visible else None)


def test_not_even_after_a_crash(queue, take, store, find):
    row = queue(1, visible=False)
    take()
    with store.writing() as session:
        messages.recover(session, NOW)
    assert (find(row).state, find(row).params) == (UNKNOWN, None)


def expected(rows, limit, busy):
    """What `take` must claim: `rows` are (id, chat, priority, state)."""
    closed = set(busy) | {chat for _, chat, _, state in rows if state == SENDING}
    waiting = sorted((priority, id, chat) for id, chat, priority, state in rows if state == PENDING)
    found = []
    for _, id, chat in waiting:
        if chat not in closed and len(found) < limit:
            closed.add(chat)
            found.append(id)
    return found


_ROW = st.tuples(
    st.integers(1, 6),
    st.sampled_from([REPLY, NOTIFICATION]),
    st.sampled_from([PENDING, PENDING, PENDING, SENDING, SENT, FAILED]),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(_ROW, max_size=25),
    takes=st.lists(st.tuples(st.integers(0, 8), st.frozensets(st.integers(1, 6))), max_size=4),
    outcome=st.sampled_from([SENT, PENDING]),
)
def test_as_a_simple_model_says(database, rows, takes, outcome):
    """One a chat, by priority, then the oldest; none to a chat while one is under way."""
    with database.writing() as session:
        session.execute(delete(Message))
        add_chats(session, *range(1, 7))
        for chat_id, priority, state in rows:
            row = messages.queue(session, chat_id, "sendMessage", {}, priority=priority)
            row.state = state
    for limit, busy in takes:
        with database.writing() as session:
            stored = session.execute(
                select(Message.id, Message.chat_id, Message.priority, Message.state)
            ).all()
            taken = ids(messages.take(session, limit, busy))
            assert taken == expected(stored, limit, busy)
            done = taken[::2]  # the others stay under way
            messages.record(session, [MessageOutcome(id, outcome) for id in done], NOW)


@pytest.mark.slow
@pytest.mark.parametrize("people", [3, 5000])
def test_a_full_outbox_costs_few_statements(database, people):
    """5,000 calls wait, to three chats or to as many; the rows read stay few with many chats."""
    with database.writing() as session:
        for chat_id in range(1, people + 1):
            session.add(Chat(id=chat_id))
        session.flush()
        for number in range(5000):
            chat_id = number % people + 1
            messages.queue(session, chat_id, "sendMessage", {"text": "x"}, flush=False)
    statements = []

    def note(connection, cursor, statement, parameters, context, executemany):
        statements.append(statement.split()[0])

    with database.writing() as session:
        event.listen(database.engine, "before_cursor_execute", note)
        taken = messages.take(session, 30)
        event.remove(database.engine, "before_cursor_execute", note)
    assert [row.chat_id for row in taken] == list(range(1, min(people, 30) + 1))
    # With three long queues the chats are visited, which are two more.
    visits = ["WITH", "SELECT"] if people == 3 else []
    assert statements == ["SELECT", "SELECT", *visits, "SELECT", "UPDATE"]


def test_what_waits_about_somebody_is_looked_for_among_the_newest(store, know):
    know(5)
    with store.writing() as session:
        for number, about in enumerate((7, 7, 8, 7)):
            messages.queue(session, 5, "sendMessage", {}, text=f"{number}", about_chat_id=about)
        messages.queue(session, 5, "sendMessage", {}, text="sent", about_chat_id=7).state = 2
        messages.queue(session, 5, "createForumTopic", {}, visible=False, about_chat_id=7)
        session.flush()
        assert messages.copies_waiting(session, 5, 7, 10) == ["3", "1", "0"]
        assert messages.copies_waiting(session, 5, 7, 4) == ["3"]
