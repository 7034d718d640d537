"""One chat's messages and broadcasts, merged by time, page by page."""

from datetime import timedelta

import pytest

from appliance.crud.broadcasts import audience
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.crud.messages import member_messages, messages
from appliance.models import Broadcast, Delivery, DeliveryState, utcnow

T0 = utcnow()


def at(minute):
    return T0 + timedelta(minutes=minute)


@pytest.fixture
def told(store, announce):
    """`told(3)`: the id of a broadcast that began in minute 3 and was delivered to chat 1."""

    def told(minute, state=DeliveryState.SENT, **values):
        values = {"created_at": at(minute), "started_at": at(minute), **values}
        number = announce(**values)
        with store.writing() as session:
            audience.freeze(session, number, Audience((Term("chat", "1"),)), None, 10, 0)
            session.get(Delivery, (number, 1)).state = state
        return number

    return told


@pytest.fixture
def said(store):
    """`said(3, "hello")`: the id of what chat 1 wrote in minute 3."""

    def said(minute, words="hi", chat_id=1):
        with store.writing() as session:
            return messages.record_incoming(session, chat_id, words, None, at(minute)).id

    return said


@pytest.fixture
def pages(store):
    """`pages(2)`: (kind, id) of everything in chat 1, read two at a time."""

    def pages(limit):
        found, before = [], None
        with store.reading() as session:
            while page := member_messages.list_entries(session, 1, limit, before):
                assert len(page) <= limit
                found += [(entry.cursor.kind, entry.cursor.id) for entry in page]
                before = page[-1].cursor
        return found

    return pages


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_newest_first_and_each_once(know, told, said, pages, limit):
    know(1)
    expected = []
    for minute in range(4):
        expected.append(("message", said(minute * 2)))
        expected.append(("broadcast", told(minute * 2 + 1)))
    assert pages(limit) == expected[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_equal_times_neither_repeat_nor_hide_one(know, told, said, pages, limit):
    know(1)
    expected = {("message", said(0)) for _ in range(3)} | {("broadcast", told(0)) for _ in range(3)}
    found = pages(limit)
    assert len(found) == 6
    assert set(found) == expected


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("chat_blocked", True), ("chat_new", True), ("chat_stopped", True), ("too_late", False)],
)
def test_whom_the_bot_cannot_reach_reads_it_here(store, know, told, pages, reason, shown):
    know(1)
    number = told(0, DeliveryState.SKIPPED)
    with store.writing() as session:
        session.get(Delivery, (number, 1)).reason = reason
    assert pages(10) == ([("broadcast", number)] if shown else [])


def test_only_ones_own(store, know, told, said, pages):
    know(1, 2)
    said(0, chat_id=2)
    told(1)
    assert [kind for kind, _ in pages(10)] == ["broadcast"]
    with store.reading() as session:
        assert [entry.cursor.kind for entry in member_messages.list_entries(session, 2, 10)] == [
            "message"
        ]


@pytest.mark.parametrize("state", DeliveryState)
def test_what_waits_or_was_cancelled_is_no_news(know, told, pages, state):
    know(1)
    told(0, state)
    hidden = {DeliveryState.PENDING, DeliveryState.SKIPPED}
    assert len(pages(10)) == (state not in hidden)


def test_lines_say_what_was_said(store, know, told):
    know(1)
    told(0, DeliveryState.FAILED, text="<b>x</b>", format="html")
    with store.writing() as session:
        messages.record_incoming(session, 1, "to you", None, at(1))
        for minute, params, text in (
            (2, {"text": "<i>a</i>", "parse_mode": "HTML"}, "a"),
            (3, {"text": "b < c"}, "b < c"),
        ):
            messages.queue(session, 1, "sendMessage", params, text=text, now=at(minute))
        messages.queue(session, 1, "answerCallbackQuery", {}, visible=False, now=at(4))
        found = [
            (entry.direction, entry.text, entry.format, entry.state)
            for entry in member_messages.list_entries(session, 1, 10)
        ]
    assert found == [
        ("out", "b < c", "plain", DeliveryState.PENDING),
        ("out", "<i>a</i>", "html", DeliveryState.PENDING),
        ("in", "to you", "plain", None),
        ("out", "<b>x</b>", "html", DeliveryState.FAILED),
    ]


def test_a_broadcast_stands_where_it_began(store, know, told, said, pages):
    know(1)
    broadcast_id = told(0, started_at=at(5))
    message_id = said(3)
    assert pages(1) == [("broadcast", broadcast_id), ("message", message_id)]
    with store.writing() as session:
        session.get(Broadcast, broadcast_id).started_at = None
    assert pages(1) == [("message", message_id), ("broadcast", broadcast_id)]


def test_an_empty_inbox(pages):
    assert pages(10) == []


def test_what_an_account_is_meant_by(store, know, told, announce):
    """Between two times, where the ledger has no line for its chat."""
    know(1)
    delivered = told(3)
    values = {"frozen_at": at(0), "status": "done"}
    unknown = [announce(started_at=at(minute), **values) for minute in (1, 2, 4, 5)]
    announce(started_at=at(2), audience={"to": ["groups"]}, **values)
    with store.reading() as session:

        def read(chat_id, *times):
            account = member_messages.Account(lambda audience: audience["to"] == ["all"], *times)
            return [
                entry.cursor.id
                for entry in member_messages.list_entries(session, chat_id, 9, None, account)
            ]

        assert read(None, at(2), at(5)) == [unknown[2], unknown[1]]
        assert read(None, at(2)) == [unknown[3], unknown[2], unknown[1]]
        assert read(1, at(0), at(4)) == [delivered, unknown[1], unknown[0]]
