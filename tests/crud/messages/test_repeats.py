"""What is said again within a moment, in both databases."""

from datetime import timedelta

import pytest

from appliance.crud.messages import messages, repeats
from appliance.models import DeliveryState, Direction, Message
from tests.crud.conftest import NOW

ANNA = 5
SINCE = NOW - timedelta(minutes=1)


@pytest.fixture
def heard(store, know):
    """`heard("/start", "Hello")`: what came and was answered at that moment."""
    know(ANNA)

    def heard(said, *answers, at=NOW, method="sendMessage", params=None, state=None):
        given = {"params": params} if params else {}
        with store.writing() as session:
            messages.record_incoming(session, ANNA, said, None, at, **given)
            for answer in answers:
                row = messages.queue(session, ANNA, method, {"text": answer}, text=answer, now=at)
                row.state = state or row.state

    return heard


@pytest.fixture
def answers(store):
    def answers(said, params=None):
        with store.reading() as session:
            rows = repeats.answers_since(session, ANNA, said, params, SINCE)
            return [row.text for row in rows]

    return answers


def test_the_answers_to_the_same(heard, answers):
    heard("/start", "Hello", "A question")
    heard("/start")
    heard("/start", "Another question")
    assert answers("/start") == ["Another question", "A question", "Hello"]
    assert answers("/help") == answers("/start", {"argument": "5"}) == []


def test_what_is_old_does_not_count(heard, answers):
    heard("/start", "Hello", at=SINCE)
    heard("/start")
    assert answers("/start") == []


def test_something_in_between(store, heard, answers):
    heard("/start", "Hello")
    heard("hello?", "Thanks")
    assert answers("/start") == []
    heard("/start", "Hello")
    with store.writing() as session:
        later = NOW + timedelta(seconds=1)
        messages.queue(session, ANNA, "sendMessage", {}, text="You are linked", now=later)
    assert answers("/start") == []


def test_a_press_in_between(heard, answers):
    heard("/topics", "Choose")
    heard("/topics", "Chosen", method="answerCallbackQuery")
    assert answers("/topics") == []


@pytest.mark.parametrize(
    ("new", "state", "left"),
    [
        ({"text": "Hello"}, None, [{"text": "Hello"}]),
        ({"text": "Hello"}, DeliveryState.SENT, [{"text": "Hello"}]),
        ({"text": "Hello", "nonce": 2}, None, [{"text": "Hello", "nonce": 2}]),
        (
            {"text": "Hello", "nonce": 2},
            DeliveryState.SENT,
            [{"text": "Hello"}, {"text": "Hello", "nonce": 2}],
        ),
    ],
)
def test_it_is_said_once(store, heard, new, state, left):
    heard("/start", "Hello", state=state)
    with store.writing() as session:
        said = repeats.answers_since(session, ANNA, "/start", None, SINCE)
        messages.queue(session, ANNA, "sendMessage", new, text="Hello", now=NOW)
        repeats.say_once(session, ANNA, said)
    with store.reading() as session:
        rows = session.query(Message).filter_by(direction=Direction.OUT).order_by(Message.id)
        assert [row.params for row in rows] == left


def test_what_has_a_key_is_not_taken_back(store, heard):
    heard("/link x", "No")
    with store.writing() as session:
        session.query(Message).filter_by(direction=Direction.OUT).one().key = "k"
    with store.writing() as session:
        said = repeats.answers_since(session, ANNA, "/link x", None, SINCE)
        new = {"text": "No", "nonce": 2}
        messages.queue(session, ANNA, "sendMessage", new, text="No", now=NOW)
        repeats.say_once(session, ANNA, said)
        assert session.query(Message).filter_by(direction=Direction.OUT).count() == 2
