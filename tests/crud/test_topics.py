"""Topics and choices as they are stored."""

from datetime import timedelta

import pytest

from appliance.crud import topics
from appliance.errors import Conflict, NotFound
from appliance.models import MAX_ID, BroadcastStatus, Delivery, Subscription, utcnow

NOW = utcnow()
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def make(store):
    """`make("news")`: the id of a topic."""

    def make(name, **options):
        with store.writing() as session:
            return topics.add(session, name, name.title(), **options).id

    return make


@pytest.fixture
def choose(store):
    def choose(topic_id, chat_id, subscribed, **options):
        with store.writing() as session:
            topics.choose(session, topic_id, chat_id, subscribed, **options)

    return choose


def test_topics_by_name(store, make):
    make("news")
    make("choir", title_ru="Хор", default_on=False)
    with store.reading() as session:
        choir, news = topics.list_all(session)
        assert (choir.name, choir.title, choir.title_ru, choir.default_on) == (
            "choir",
            "Choir",
            "Хор",
            False,
        )
        assert (news.title_ru, news.default_on) == (None, True)
        assert topics.find(session, "news").id == news.id
        assert topics.get(session, news.id).name == "news"


def test_a_name_is_taken_once(store, make):
    make("news")
    with store.writing() as session:
        with pytest.raises(Conflict, match="there is a topic news already"):
            topics.add(session, "news", "Other")
        assert len(topics.list_all(session)) == 1  # the transaction lives on


@pytest.mark.parametrize("name", ["nothing", "", "новости", "a\0b", "\ud800", "n" * 1000])
def test_an_unknown_name(store, name):
    with store.reading() as session, pytest.raises(NotFound, match="there is no topic"):
        topics.find(session, name)


@pytest.mark.parametrize("topic_id", [0, -1, 7, MAX_ID + 1])
def test_an_unknown_id(store, topic_id):
    with store.reading() as session:
        assert topics.get(session, topic_id) is None


def test_choices(store, make, know, choose):
    know(1, 2)
    news, choir = make("news"), make("choir")
    choose(news, 1, False)
    choose(choir, 1, True)
    choose(choir, 2, False)
    with store.reading() as session:
        assert topics.choices(session, 1) == {news: False, choir: True}
        assert topics.choices(session, 3) == {}


def test_the_first_button_is_the_cause(store, make, know, choose):
    """Pressed again under a later broadcast it changes nothing."""
    know(1)
    news = make("news")
    choose(news, 1, False, broadcast_id=7, now=NOW)
    choose(news, 1, False, broadcast_id=8, now=LATER)
    with store.reading() as session:
        row = session.get(Subscription, (news, 1))
        assert (row.subscribed, row.broadcast_id, row.updated_at) == (False, 7, NOW)
    choose(news, 1, True, now=LATER)
    with store.reading() as session:
        row = session.get(Subscription, (news, 1))
        assert (row.subscribed, row.broadcast_id, row.updated_at) == (True, None, LATER)


def test_a_topic_goes_with_its_choices(store, make, know, choose):
    know(1)
    news, choir = make("news"), make("choir")
    choose(news, 1, False)
    choose(choir, 1, False)
    with store.writing() as session:
        topics.remove(session, topics.get(session, news))
    with store.reading() as session:
        assert topics.choices(session, 1) == {choir: False}


def test_who_got_a_broadcast(store, know, announce):
    know(1)
    number = announce()
    with store.writing() as session:
        session.add(Delivery(broadcast_id=number, chat_id=1, updated_at=0))
    with store.reading() as session:
        assert topics.got(session, 1, number)
        assert not topics.got(session, 2, number)
        for wrong in (0, number + 1, MAX_ID + 1):
            assert not topics.got(session, 1, wrong)


def test_broadcasts_that_still_need_the_topic(store, make, announce):
    news = make("news")
    named = {"to": ["topic:news"], "not": []}
    first = announce(audience=named, status=BroadcastStatus.SCHEDULED)
    second = announce(audience={"to": ["all"], "not": ["topic:news"]})
    announce(audience={"to": ["all", "topic:newspaper"], "not": []})
    announce(audience=named, status=BroadcastStatus.CANCELLED)
    announce(audience=named, status=BroadcastStatus.RUNNING, frozen_at=NOW)
    with store.reading() as session:
        assert topics.unfrozen(session, topics.get(session, news)) == [first, second]


def test_which_are_on_by_themselves(store):
    with store.writing() as session:
        topics.add(session, "on", "On")
        topics.add(session, "off", "Off", default_on=False)
        assert topics.default_names(session) == ["on"]
