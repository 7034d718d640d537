"""A member's inbox: what is shown, and places that survive the way to the browser and back."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud import audience, chats, messages, users
from appliance.crud.audience import Audience, Term
from appliance.errors import Invalid
from appliance.models import Broadcast, Delivery, DeliveryState, Role
from appliance.services import inbox

NOW = datetime(2026, 9, 1, 12, 0, 0, 123457, tzinfo=UTC)


@pytest.fixture
def ann(database):
    """A user whose chat is 1."""
    with database.writing() as session:
        user = users.add(
            session,
            email="ann@example.org",
            name="Ann",
            password_hash=None,
            role=Role.MEMBER,
            language="en",
        )
        chats.remember(session, 1, first_name="Ann").user_id = user.id
    return user.id


@pytest.fixture
def told(database, ann):
    """Two messages and a broadcast at the same microsecond, and one message before."""
    with database.writing() as session:
        messages.record_incoming(session, 1, "<hi>", None, NOW)
        messages.record_incoming(session, 1, "earlier", None, NOW - timedelta(seconds=1))
        messages.queue(
            session,
            1,
            "sendMessage",
            {"text": "<b>yes</b>", "parse_mode": "HTML"},
            text="yes",
            now=NOW,
        )
        broadcast = Broadcast(text="news", audience={}, started_at=NOW, created_at=NOW)
        session.add(broadcast)
        session.flush()
        audience.freeze(session, broadcast.id, Audience((Term("all"),)), None, 10, 0)
        session.get(Delivery, (broadcast.id, 1)).state = DeliveryState.SENT


def read(database, user_id, limit=100, before=None):
    with database.reading() as session:
        return inbox.list_for_user(session, user_id, limit, before)


def test_what_is_shown(database, ann, told):
    items = read(database, ann)
    assert [(item.kind, item.text, item.state) for item in items] == [
        ("out", "<b>yes</b>", "pending"),
        ("in", "<hi>", None),
        ("broadcast", "news", "sent"),
        ("in", "earlier", None),
    ]
    assert [item.html for item in items[1:]] == ["&lt;hi&gt;", "news", "earlier"]
    assert "yes" in items[0].html
    assert items[0].at == NOW


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_neither_repeat_nor_miss(database, ann, told, limit):
    every = [item.id for item in read(database, ann)]
    assert len(set(every)) == 4
    found, before = [], None
    while page := read(database, ann, limit, before):
        found += [item.id for item in page]
        before = found[-1]
    assert found == every


def test_without_a_chat_it_is_empty(database, ann, told):
    assert read(database, ann + 1) == []


@pytest.mark.parametrize(
    "place",
    [
        "",
        "x",
        "m",
        "m1",
        "x1-1",
        "m1-x",
        "mx-1",
        "m1-" + "9" * 30,
        f"m{2**63}-0",
        "m-1",
        "m--1-0",
        "m" + "9" * 5000 + "-1",
        "m1-\0",
    ],
)
def test_a_place_that_no_page_gave(database, ann, told, place):
    with pytest.raises(Invalid) as caught:
        read(database, ann, 10, place)
    assert caught.value.faults[0].field == "cursor"


def test_a_broadcast_is_shown_as_it_was_sent(database, ann):
    with database.writing() as session:
        chats.get(session, 1).language = "ru"
        broadcast = Broadcast(
            text="Hello",
            format="html",
            variants={"ru": "<b>{first_name|друг}</b>"},
            audience={},
            started_at=NOW,
        )
        session.add(broadcast)
        session.flush()
        audience.freeze(session, broadcast.id, Audience((Term("all"),)), None, 10, 0)
        session.get(Delivery, (broadcast.id, 1)).state = DeliveryState.SENT
        messages.record_incoming(session, 1, "{first_name}", None, NOW - timedelta(seconds=1))
    shown, written = read(database, ann)
    assert (shown.text, shown.html) == ("<b>Ann</b>", "<b>Ann</b>")
    assert written.html == "{first_name}"


def test_files_are_named_in_brackets(database, ann):
    """What is under them is safe to show, also a caption with markup."""
    with database.writing() as session:
        photo = [{"kind": "photo", "file_id": "F"}] * 2
        messages.record_incoming(session, 1, "at <sea>", 5, NOW, files=photo)
        params = {"caption": "<b>plan</b>", "parse_mode": "HTML"}
        messages.queue(
            session, 1, "sendDocument", params, text="plan", media=[{"id": 1, "kind": "document"}]
        )
    answer, said = read(database, ann)
    assert (said.text, said.html) == ("[photo × 2] at <sea>", "[photo × 2] at &lt;sea&gt;")
    assert (answer.text, answer.html) == ("[document] <b>plan</b>", "[document] <b>plan</b>")
