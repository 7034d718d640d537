"""Copies for the operators' group. What the handlers do with them: tests/bot/test_operators.py."""

from datetime import UTC, datetime

from appliance.crud import chats, messages, threads
from appliance.models import Priority
from appliance.services.conversations import relay, replies

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
GROUP = -1005


def test_a_copy_leads_back_to_its_person(database, know, group, got, queued):
    know(1)
    group()
    with database.writing() as session:
        chat = chats.find(session, 1)
        relay.copy(session, chat, got(text="hi", message_id=9), "https://x", NOW, edited=False)
    (row,) = queued(GROUP)
    assert (row.about_chat_id, row.reply_to, row.priority) == (1, 9, Priority.NOTIFICATION)
    with database.writing() as session:
        messages.take(session, 5)
        outcome = messages.MessageOutcome(row.id, messages.DeliveryState.SENT, message_id=77)
        messages.record(session, [outcome], NOW)
        assert relay.person_of(session, GROUP, 77).about_chat_id == 1
        assert relay.person_of(session, GROUP, 78) is None
        assert relay.person_of(session, 1, 77) is None


def test_names_are_no_markup(database, know, group, got, queued):
    know(1, first_name="<b>", username="a_b")
    group()
    with database.writing() as session:
        chat = chats.find(session, 1)
        relay.copy(session, chat, got(text="hi"), "https://x", NOW, edited=False)
    assert "&lt;b&gt;" in queued(GROUP)[0].params["text"]


def test_answers_from_elsewhere_are_told(database, know, group, enrol, queued):
    know(1)
    group(topics=True)
    with database.writing() as session:
        replies.answer(session, 1, "Hi <there>", author_id=enrol_now(session, enrol), now=NOW)
    topic, told = queued(GROUP)
    assert (topic.method, topic.visible) == (relay.NEW_TOPIC, False)
    assert told.params["text"] == "↩️ <b>Somebody</b> answered <b>Anna</b>:\nHi &lt;there&gt;"


def enrol_now(session, enrol):
    """An answer without an account: from the command line."""
    return None


def test_a_topic_is_asked_for_once(database, know, group, got, queued):
    know(1)
    group(topics=True)
    with database.writing() as session:
        chat = chats.find(session, 1)
        for _ in range(2):
            relay.copy(session, chat, got(text="hi"), "https://x", NOW, edited=False)
        threads.set_topic(session, 1, 44)
    assert [row.method for row in queued(GROUP)] == [relay.NEW_TOPIC, "sendMessage", "sendMessage"]


def test_what_did_not_arrive_is_told(database, know, group, queued):
    know(1)
    group()
    with database.writing() as session:
        answer = replies.answer(session, 1, "Hi", now=NOW)
        thanks = messages.queue(session, 1, "sendMessage", {}, text="thanks")
        for row in (answer, thanks):
            relay.undelivered(session, row.id, "blocked", NOW)
        relay.undelivered(session, answer.id, "flood", NOW)
    told = [row.text for row in queued(GROUP)][1:]
    assert told == [
        "⚠️ Not delivered: Anna has blocked the bot.",
        "⚠️ Not delivered to Anna: flood",
    ]
