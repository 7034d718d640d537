"""What follows from outcomes of calls: topics that were made, refused, lost."""

from datetime import UTC, datetime

import pytest

from appliance.crud.messages import messages, threads
from appliance.services.inbox import delivery_results, group_copies, operators_group, replies

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
GROUP = -1005


@pytest.fixture
def asked(database, know, group):
    """The row that asks for a topic for chat 1."""
    know(1)
    group(topics=True)
    with database.writing() as session:
        threads.ensure(session, 1, NOW)
        return messages.queue(
            session, GROUP, group_copies.NEW_TOPIC, {"name": "A"}, visible=False, about_chat_id=1
        ).id


def test_a_topic_is_remembered(database, asked):
    with database.writing() as session:
        delivery_results.topic_made(session, asked, {"message_thread_id": "x"})
        assert threads.topics_of(session, [1]) == {}
        delivery_results.topic_made(session, asked, {"message_thread_id": 44})
        assert threads.topics_of(session, [1]) == {1: 44}


def test_a_topic_of_another_group_is_not(database, know, asked):
    know(-6, type="group")
    with database.writing() as session:
        operators_group.set_group(session, operators_group.Group(-6))
        delivery_results.topic_made(session, asked, {"message_thread_id": 44})
        assert threads.topics_of(session, [1]) == {}


def test_a_bot_without_the_right_asks_no_more(database, asked):
    with database.writing() as session:
        delivery_results.topic_refused(session, asked, "Bad Request: TOPIC_TITLE_EMPTY")
        assert operators_group.chosen_group(session).topics is True
        delivery_results.topic_refused(
            session, asked, "Bad Request: not enough rights to create a topic"
        )
        group = operators_group.chosen_group(session)
        assert (group.topics, group.topics_off) == (False, True)


def test_a_deleted_topic_is_forgotten(database, asked):
    with database.writing() as session:
        copy = messages.queue(session, GROUP, "sendMessage", {}, text="x", about_chat_id=1)
        assert not delivery_results.topic_lost(session, copy.id)
        threads.set_topic(session, 1, 44)
        session.expire_all()
        assert delivery_results.topic_lost(session, copy.id)
        assert threads.topics_of(session, [1]) == {}
        answer = messages.queue(session, 1, "sendMessage", {}, text="x", about_chat_id=1)
        assert not delivery_results.topic_lost(session, answer.id)


def test_a_failed_answer_is_told(database, asked, queued):
    with database.writing() as session:
        answer = replies.answer(session, 1, "hi")
        delivery_results.failed(session, answer.id, "blocked", NOW)
    assert "blocked the bot" in queued(GROUP)[-1].text
