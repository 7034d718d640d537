"""Topics and choices as they are stored."""

import threading
from datetime import timedelta

import pytest

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats, topics
from appliance.errors import Conflict, NotFound
from appliance.models import (
    MAX_ID,
    Broadcast,
    BroadcastStatus,
    Delivery,
    DeliveryState,
    Subscription,
    utcnow,
)

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
        assert topics.was_recipient(session, 1, number)
        assert not topics.was_recipient(session, 2, number)
        for wrong in (0, number + 1, MAX_ID + 1):
            assert not topics.was_recipient(session, 1, wrong)


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


@pytest.fixture
def waiting(store, announce):
    """`waiting([1, 2], to=["topic:news"])`: a broadcast that runs and has these to send to."""

    def waiting(chat_ids, to=("topic:news",), status=BroadcastStatus.PAUSED):
        words = {"to": list(to), "not": []}
        many = len(chat_ids)
        number = announce(audience=words, status=status, total=many, pending=many)
        with store.writing() as session:
            for chat_id in chat_ids:
                session.add(Delivery(broadcast_id=number, chat_id=chat_id, updated_at=0))
        return number

    return waiting


@pytest.fixture
def line(store):
    """`line(1, 5)`: what became of chat 5 in broadcast 1."""

    def line(number, chat_id):
        with store.reading() as session:
            row = session.get(Delivery, (number, chat_id))
            return row.state, row.reason

    return line


PENDING = (DeliveryState.PENDING, None)
OPTED_OUT = (DeliveryState.SKIPPED, "opted_out")


@pytest.mark.parametrize("status", ["scheduled", "running", "paused", "halted"])
def test_who_opts_out_gets_nothing_that_waits(store, make, know, choose, waiting, line, status):
    know(1, 2)
    news = make("news")
    number = waiting([1, 2], status=status)
    choose(news, 1, False, now=NOW)
    assert (line(number, 1), line(number, 2)) == (OPTED_OUT, PENDING)
    with store.reading() as session:
        broadcast = broadcasts.get(session, number)
        assert (broadcast.pending, broadcast.skipped) == (1, 1)
        assert broadcast.reasons == {"opted_out": 1}
        assert session.get(Delivery, (number, 1)).updated_at == int(NOW.timestamp())


def test_opting_out_is_stronger_than_the_other_words(make, know, choose, waiting, line):
    """As when the audience is written down: see `crud/broadcasts/audience.py`."""
    know(1)
    news = make("news")
    both, other = waiting([1], ["all", "topic:news"]), waiting([1], ["all", "topic:newspaper"])
    choose(news, 1, False)
    assert (line(both, 1), line(other, 1)) == (OPTED_OUT, PENDING)


def test_what_has_left_or_was_called_off_is_not_touched(store, make, know, choose, waiting, line):
    know(1)
    news = make("news")
    sent, cancelled = waiting([1]), waiting([1], status=BroadcastStatus.CANCELLED)
    with store.writing() as session:
        deliveries.take(session, sent, [1], 0)
    choose(news, 1, False)
    assert line(sent, 1) == (DeliveryState.SENDING, None)
    assert line(cancelled, 1) == PENDING
    with store.reading() as session:
        assert broadcasts.get(session, sent).sending == 1


def test_opting_in_calls_nothing_off(make, know, choose, waiting, line):
    know(1)
    news = make("news")
    number = waiting([1])
    choose(news, 1, True)
    assert line(number, 1) == PENDING


def test_opted_out_once_more_after_a_retry(make, know, choose, waiting, line):
    """The choice is the same as before, and somebody had them in line again."""
    know(1)
    news = make("news")
    choose(news, 1, False)
    number = waiting([1])
    choose(news, 1, False)
    assert line(number, 1) == OPTED_OUT


@pytest.mark.slow
def test_what_the_engine_is_claiming_is_not_waited_for(postgresql_database):
    """It writes the counters last: whoever waited with the row of the broadcast would stop it."""
    with postgresql_database.writing() as session:
        news = topics.add(session, "news", "News").id
        chats.remember(session, 1)
        words = {"to": ["topic:news"], "not": []}
        row = Broadcast(text="x", audience=words, status="running", total=1, pending=1)
        session.add(row)
        session.flush()
        number = row.id
        session.add(Delivery(broadcast_id=number, chat_id=1, updated_at=0))

    def opt_out():
        with postgresql_database.writing() as session:
            topics.choose(session, news, 1, False)

    with postgresql_database.writing() as engine:
        tally = deliveries.Tally(number)
        assert deliveries.take(engine, number, [1], 0, tally) == [1]
        person = threading.Thread(target=opt_out, daemon=True)
        person.start()
        person.join(10)
        assert not person.is_alive()
        tally.write(engine)
    with postgresql_database.reading() as session:
        assert deliveries.states_of(session, number) == {DeliveryState.SENDING: 1}
        found = broadcasts.get(session, number)
        assert (found.pending, found.sending, found.skipped) == (0, 1, 0)
        assert topics.choices(session, 1) == {news: False}
