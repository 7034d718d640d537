"""A long queue for one chat costs the others nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from appliance.crud.messages import messages, outbox_order
from appliance.models import DeliveryState, Direction, Message, Priority
from tests.crud.conftest import NOW

GROUP, OTHER_GROUP = -100, -200
MANY = outbox_order.WALKED + 50


@pytest.fixture
def queue(store, know):
    """`queue(GROUP, 500)`: so many that wait for a chat; the ids."""

    def queue(chat_id, count=1, priority=Priority.NOTIFICATION, **columns):
        know(chat_id)
        row = {
            "chat_id": chat_id,
            "direction": Direction.OUT,
            "method": "sendMessage",
            "params": {},
            "priority": priority,
            "state": DeliveryState.PENDING,
            "created_at": NOW,
            **columns,
        }
        with store.writing() as session:
            session.execute(insert(Message), [row] * count)

    return queue


@pytest.fixture
def take(store):
    def take(limit=10, busy=(GROUP,), after=None):
        with store.writing() as session:
            rows = messages.take(session, limit, frozenset(busy), NOW, after)
            return [row.chat_id for row in rows]

    return take


def test_what_waits_behind_a_long_queue_is_found(queue, take):
    queue(GROUP, MANY)
    for chat_id in (5, 3, 4):
        queue(chat_id)
    assert take() == [5, 3, 4]


def test_replies_come_first_among_them(queue, take):
    queue(GROUP, MANY, Priority.REPLY)
    queue(5)
    queue(5, priority=Priority.REPLY)
    queue(4)
    assert take() == [5, 4]


def test_the_queue_itself_goes_on(queue, take):
    queue(GROUP, MANY)
    queue(5)
    assert take(busy=()) == [GROUP, 5]
    assert take(busy=()) == [], "one is under way to each"


def test_what_gathers_is_not_found_either(queue, take):
    queue(GROUP, MANY)
    queue(5, album_id="a", created_at=NOW)
    queue(5)
    queue(6, album_id="b", created_at=NOW - timedelta(seconds=5))
    assert take() == [6]


def test_two_long_queues(queue, take):
    for chat_id in (GROUP, OTHER_GROUP):
        queue(chat_id, MANY)
    queue(5)
    assert take() == [OTHER_GROUP, 5]


def test_nobody_is_passed_over_for_ever(queue, take, monkeypatch):
    """Only so many chats are looked at in one transaction; the next goes on behind them."""
    monkeypatch.setattr(outbox_order, "VISITED", 3)
    queue(GROUP, MANY)
    for chat_id in range(1, 9):
        queue(chat_id)
    served, last = [], None
    for _ in range(9):
        rows = take(limit=1, busy=(GROUP, *served), after=last)
        served += rows
        last = rows[-1] if rows else last
    assert sorted(served) == list(range(1, 9))


def steps(database, action):
    """The steps of SQLite's machine that an action in a transaction takes, in hundreds."""
    count = 0

    def tick():
        nonlocal count
        count += 1
        return 0

    with database.writing() as session:
        connection = session.connection().connection.driver_connection
        connection.set_progress_handler(tick, 100)
        action(session)
        connection.set_progress_handler(None, 0)
    return count


@pytest.mark.parametrize("busy", [(GROUP,), ()])
def test_the_cost_does_not_grow_with_the_queue(database, know, queue, busy, monkeypatch):
    costs = []
    for count in (1_000, 19_000):
        queue(GROUP, count)
        queue(5)
        look = lambda session: messages.take(session, 10, frozenset(busy), NOW)  # noqa: E731
        costs.append(steps(database, look))
    assert costs[1] < 2 * costs[0] + 10, costs
