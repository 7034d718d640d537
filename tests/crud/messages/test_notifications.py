"""Notifications in both databases: a key is used once, also by two at the same time."""

import threading

import pytest

from appliance.crud.messages import messages, notifications
from appliance.models import DeliveryState, Message, Notification


def made(key=None):
    return Notification(key=key, actor="token:1", target="user:1", text="x")


def test_a_key_is_used_once(store):
    with store.writing() as session:
        first, created = notifications.add(session, made("k"))
        assert created
    with store.writing() as session:
        again, created = notifications.add(session, made("k"))
        assert (again.id, created) == (first.id, False)
        assert notifications.get_by_key(session, "k").id == first.id
        assert notifications.get_by_key(session, "other") is None


def test_without_a_key_each_is_another(store):
    with store.writing() as session:
        ids = {notifications.add(session, made())[0].id for _ in range(3)}
    assert len(ids) == 3


def test_two_at_the_same_time_with_one_key(store):
    """The second waits for the first, and then has nothing to add but what it got."""
    go, results = threading.Barrier(8), []

    def add():
        go.wait()
        with store.writing() as session:
            row, created = notifications.add(session, made("k"))
            results.append((row.id, created))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({number for number, _ in results}) == 1
    assert sorted(created for _, created in results) == [False] * 7 + [True]


@pytest.mark.parametrize("state", DeliveryState)
def test_the_outcome_of_a_message(store, know, state):
    know(5)
    with store.writing() as session:
        row = messages.queue(session, 5, "sendMessage", {"text": "x"}, text="x")
        row.state, row.reason = state, "why"
    with store.reading() as session:
        assert notifications.outcome(session, row.id) == (state, "why")


def test_the_outcome_where_the_chat_was_forgotten(store):
    with store.reading() as session:
        assert session.get(Message, 77) is None
        assert notifications.outcome(session, 77) == (DeliveryState.FAILED, "forgotten")
