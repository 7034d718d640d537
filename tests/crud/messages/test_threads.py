"""Threads: in which order they come, what narrows them, and that the list reads its index."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from appliance.crud.messages import messages, threads
from appliance.crud.messages.threads import ThreadFilter
from appliance.errors import NotFound
from appliance.models import Chat, Role, Thread
from support.plans import plans

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def write(store, know):
    """`write(1, "hello", minutes=2)`: somebody writes to the bot."""

    def write(chat_id, text="hello", minutes=0, **changes):
        know(chat_id)
        now = NOW + timedelta(minutes=minutes)
        with store.writing() as session:
            messages.record_incoming(session, chat_id, text, 5, now)
            thread = threads.heard(session, chat_id, now)
            for name, value in changes.items():
                setattr(thread, name, value)

    return write


@pytest.fixture
def listed(store):
    def listed(filter=None, limit=10, after=None):
        with store.reading() as session:
            return threads.list_page(session, filter or ThreadFilter(), limit, after)

    return listed


def ids(rows):
    return [row.thread.chat_id for row in rows]


def test_a_message_opens_counts_and_moves_up(store, write):
    write(1, status="closed")
    write(1, minutes=5)
    with store.reading() as session:
        thread = threads.get(session, 1)
        assert (thread.status, thread.unread) == ("open", 2)
        assert thread.last_at == thread.last_in_at == NOW + timedelta(minutes=5)


def test_an_answer_reads_and_moves_up(store, write):
    write(1)
    with store.writing() as session:
        threads.answered(session, 1, NOW + timedelta(hours=1))
    with store.reading() as session:
        thread = threads.get(session, 1)
        assert (thread.unread, thread.last_at) == (0, NOW + timedelta(hours=1))
        assert thread.last_in_at == NOW


def test_pages_neither_repeat_nor_miss_one(write, listed):
    for number in range(1, 8):
        write(number, minutes=number // 3, status="closed" if number % 2 else "open")
    for filter in (ThreadFilter(), ThreadFilter(status="open"), ThreadFilter(status="closed")):
        whole = listed(filter, 100)
        found, after = [], None
        while page := listed(filter, 2, after):
            found += page
            after = page[-1].cursor
        assert ids(found) == ids(whole)
        assert [row.cursor for row in whole] == sorted((r.cursor for r in whole), reverse=True)
    assert len(listed(limit=100)) == 7


def test_the_last_line_is_a_persons_or_an_answer(store, write, listed):
    write(1, "first")
    with store.writing() as session:
        messages.queue(session, 1, "sendMessage", {}, text="thanks")
    assert listed()[0].last.text == "first"
    with store.writing() as session:
        messages.queue(session, 1, "sendMessage", {}, text="answer", about_chat_id=1)
        messages.queue(session, 1, "sendMessage", {}, text="thanks")
    assert listed()[0].last.text == "answer"
    with store.reading() as session:
        assert threads.last_of(session, 1).text == "answer"


def test_narrowing(store, write, listed, enrol, know):
    olga = enrol("olga", Role.OPERATOR)
    write(1, "the hall is closed", assigned_to=olga, labels=["choir", "тенор"])
    write(2, "100% sure", labels=['"quoted"', "a%b"])
    write(3, status="closed")
    know(3, first_name="Марина", username="marina", user_id=enrol("member3"))
    cases = {
        ThreadFilter(assigned_to=olga): [1],
        ThreadFilter(unassigned=True): [2, 3],
        ThreadFilter(label="choir"): [1],
        ThreadFilter(label="тенор"): [1],
        ThreadFilter(label='"quoted"'): [2],
        ThreadFilter(label="a%b"): [2],
        ThreadFilter(label="a"): [],
        ThreadFilter(query="HALL"): [1],
        ThreadFilter(query="100%"): [2],
        ThreadFilter(query="марина"): [3],
        ThreadFilter(query="@marina"): [3],
        ThreadFilter(query="member3@"): [3],
        ThreadFilter(query="3"): [3],
        ThreadFilter(query="9" * 30): [],
        ThreadFilter(query=" "): [1, 2, 3],
        ThreadFilter(status="closed"): [3],
    }
    for filter, expected in cases.items():
        assert sorted(ids(listed(filter))) == expected, filter


def test_topics_of_the_group(store, write):
    write(1), write(2)
    with store.writing() as session:
        threads.set_topic(session, 1, 44)
        assert threads.topics_of(session, [1, 2]) == {1: 44}
        threads.forget_topics(session)
        assert threads.topics_of(session, [1, 2]) == {}


def test_a_hundred_thousand_threads_are_listed_from_the_index(database):
    """One page reads some dozens of rows, not all; told by the plan, not by a clock."""
    with database.writing() as session:
        session.execute(
            insert(Chat), [{"id": n, "type": "private", "status": "active"} for n in (1, 2, 3)]
        )
        session.execute(
            insert(Thread),
            [{"chat_id": n, "status": "open", "labels": [], "last_at": NOW} for n in (1, 2, 3)],
        )
    cursor = threads.Cursor(NOW, 2)
    for filter in (ThreadFilter(), ThreadFilter(status="open"), ThreadFilter(unassigned=True)):
        for after in (None, cursor):
            steps = _plan(database, filter, after)
            assert any("ix_threads_list (status=?" in step for step in steps), steps
            assert not any("TEMP B-TREE" in step for step in steps), steps
            assert not any(step.startswith("SCAN") for step in steps), steps


def _plan(database, filter, after):
    def look(session):
        threads.list_page(session, filter, 50, after)

    walks = [plan for plan in plans(database, look) if any("threads" in step for step in plan)]
    return [step for plan in walks for step in plan]


@pytest.mark.parametrize("words", ["hall", "зал", "7"])
def test_a_search_looks_through_everything_once(store, write, words):
    """And not, as an OR of its parts has it, through all messages again for each thread."""
    write(7, "the hall is closed")
    write(8, "а зал открыт")
    found, *_ = plans(
        store, lambda session: threads.list_page(session, ThreadFilter(query=words), 9)
    )
    assert [step for step in found if "SubPlan" in step or "CORRELATED" in step] == []


def test_a_search_goes_on_page_by_page(write, listed):
    for number in range(1, 8):
        write(number, "the hall", minutes=number // 3, status="closed" if number % 2 else "open")
    write(9, "something else")
    for status, expected in ((None, 7), ("open", 3), ("closed", 4)):
        filter = ThreadFilter(status=status, query="HALL")
        found, after = [], None
        while page := listed(filter, 2, after):
            found += page
            after = page[-1].cursor
        assert ids(found) == ids(listed(filter, 100))
        assert len(found) == expected


def test_notes_come_in_order_and_go(store, know, enrol):
    know(1, 2)
    author = enrol("olga")
    with store.writing() as session:
        first = threads.add_note(session, 1, author, "sings bass").id
        second = threads.add_note(session, 1, None, "pays late").id
        threads.add_note(session, 2, author, "another")
    with store.reading() as session:
        assert [note.id for note in threads.list_notes(session, 1)] == [first, second]
    with store.writing() as session:
        threads.delete_note(session, 1, first)
    with store.reading() as session:
        assert [note.text for note in threads.list_notes(session, 1)] == ["pays late"]


def test_a_note_about_somebody_else_is_not_found(store, know):
    know(1, 2)
    with store.writing() as session:
        number = threads.add_note(session, 1, None, "x").id
        for chat_id, note_id in ((2, number), (1, 99)):
            with pytest.raises(NotFound):
                threads.delete_note(session, chat_id, note_id)
