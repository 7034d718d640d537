"""The rules of topics."""

from datetime import UTC, datetime

import pytest

from appliance.crud.chats import chats
from appliance.crud.chats import topics as crud
from appliance.errors import Conflict, Invalid, NotFound
from appliance.models import Broadcast, ChatType, Delivery, Subscription
from appliance.services.broadcasts import NewBroadcast, schedules
from appliance.services.chats import topics
from support.people import add_user

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def session(database):
    with database.writing() as session:
        yield session


@pytest.fixture
def ann(session):
    """A member without a chat."""
    return add_user(session).id


@pytest.fixture
def chat(session):
    return chats.remember(session, 1, first_name="Ann")


@pytest.mark.parametrize("name", ["news", "n", "0", "choir-2026", "a_b", "n" * 32])
def test_names(session, name):
    topic = topics.add(session, name)
    assert (topic.name, topic.title, topic.title_ru, topic.default_on) == (name, name, None, True)


@pytest.mark.parametrize(
    "name", ["", "News", "-news", "_x", "a b", "хор", "a:b", "a;b", "n" * 33, "a\n"]
)
def test_no_names(session, name):
    with pytest.raises(Invalid, match="invalid topic name") as caught:
        topics.add(session, name)
    assert caught.value.faults[0].field == "name"


def test_titles(session):
    topic = topics.add(session, "choir", "  The \n choir ", "Хор", default_on=False)
    assert [topics.title_of(topic, language) for language in ("en", "ru")] == ["The choir", "Хор"]
    news = topics.add(session, "news", "News", "")
    assert topics.title_of(news, "ru") == "News"


@pytest.mark.parametrize(
    ("titles", "field"),
    [
        (("x" * 101,), "title"),
        (("ok", "я" * 101), "title_ru"),
        ((" ",), "title"),
        (("\0",), "title"),
    ],
)
def test_no_titles(session, titles, field):
    with pytest.raises(Invalid, match="1 to 100 characters") as caught:
        topics.add(session, "news", *titles)
    assert caught.value.faults[0].field == field


def test_a_topic_is_kept_while_a_broadcast_needs_it(session):
    topics.add(session, "news")
    waiting = Broadcast(text="x", audience={"to": ["topic:news"], "not": []})
    session.add(waiting)
    session.flush()
    with pytest.raises(Conflict, match=f"in the audience of broadcast {waiting.id}"):
        topics.remove(session, "news")
    waiting.frozen_at = NOW
    topics.remove(session, "news")
    with pytest.raises(NotFound):
        topics.remove(session, "news")


def test_a_topic_is_kept_while_a_schedule_needs_it(session):
    topics.add(session, "news")
    new = NewBroadcast("hello", to=("all",), exclude=("topic:news",))
    made = schedules.add(session, "weekly", "0 9 * * MON", "UTC", new)
    with pytest.raises(Conflict, match="in the audience of schedule weekly"):
        topics.remove(session, "news")
    session.delete(made)
    topics.remove(session, "news")


def test_what_a_chat_gets(session, chat):
    news, choir = topics.add(session, "news"), topics.add(session, "choir", default_on=False)
    assert _chosen(topics.choices_of(session, chat)) == {"choir": False, "news": True}
    crud.choose(session, news.id, 1, False)
    crud.choose(session, choir.id, 1, True)
    assert _chosen(topics.choices_of(session, chat)) == {"choir": True, "news": False}


def test_a_group_gets_nothing_by_default(session):
    topics.add(session, "news")
    group = chats.remember(session, -5, type=ChatType.GROUP)
    assert _chosen(topics.choices_of(session, group)) == {"news": False}


def test_a_member_chooses(session, ann, chat):
    chat.user_id = ann
    news = topics.add(session, "news")
    topics.add(session, "choir", default_on=False)
    topics.add(session, "other")
    chosen = topics.choose_as_user(session, ann, {"news": False, "choir": False}, NOW)
    assert _chosen(chosen) == {"choir": False, "news": False, "other": True}
    assert crud.choices(session, 1) == {news.id: False}  # the rest is the default


def test_a_member_cannot_choose_everything(session, ann, chat):
    topics.add(session, "news")
    with pytest.raises(Conflict, match="link it first"):
        topics.choose_as_user(session, ann, {"news": False})
    chat.user_id = ann
    with pytest.raises(NotFound, match="there is no topic choir"):
        topics.choose_as_user(session, ann, {"news": False, "choir": True})
    assert crud.choices(session, 1) == {}


def test_a_button(session, chat):
    news = topics.add(session, "news")
    session.add(Broadcast(id=7, text="x", audience={"to": ["all"], "not": []}))
    session.flush()
    session.add(Delivery(broadcast_id=7, chat_id=1, updated_at=0))
    assert topics.press(session, chat, news, False, 7, NOW)
    assert session.get(Subscription, (news.id, 1)).broadcast_id == 7
    assert not topics.press(session, chat, news, False, 7, NOW)
    assert topics.press(session, chat, news, True, None, NOW)
    assert session.get(Subscription, (news.id, 1)).broadcast_id is None


@pytest.mark.parametrize("number", [8, 0, 10**18 * 9, None])
def test_a_button_of_a_broadcast_the_chat_never_got(session, chat, number):
    news = topics.add(session, "news")
    assert topics.press(session, chat, news, False, number, NOW)
    row = session.get(Subscription, (news.id, 1))
    assert (row.subscribed, row.broadcast_id) == (False, None)


def _chosen(choices):
    return {choice.topic.name: choice.subscribed for choice in choices}
