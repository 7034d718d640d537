"""A member's inbox: what is shown, and places that survive the way to the browser and back."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.broadcasts import audience
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.crud.chats import chats, topics
from appliance.crud.messages import messages
from appliance.errors import Invalid, NotFound
from appliance.models import Broadcast, BroadcastStatus, Delivery, DeliveryState, Role
from appliance.services.accounts import messages as account_messages
from support.people import add_user

NOW = datetime(2026, 9, 1, 12, 0, 0, 123457, tzinfo=UTC)


@pytest.fixture
def ann(database):
    """A user whose chat is 1."""
    with database.writing() as session:
        return add_user(session, chat_id=1).id


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
        return account_messages.list_for_user(session, user_id, limit, before)


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


def test_nobody_has_no_inbox(database, ann, told):
    with pytest.raises(NotFound):
        read(database, ann + 1)


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


NOT_BOB = ["role:admin", "user:999", "topic:sport", "topic:gone", "lang:en", "linked", "unlinked"]
NOT_BOB += ["groups", "channels", "chat:1"]


class TestWithoutTelegram:
    """A member whom the bot never met reads what is meant for members like them."""

    @pytest.fixture
    def bob(self, database):
        with database.writing() as session:
            for name, default_on in (("news", True), ("sport", False)):
                topics.add(session, name, name.title(), default_on=default_on)
            bob = add_user(session, "Bob Ross", Role.OPERATOR, language="ru", created_at=NOW)
            return bob.id

    @pytest.fixture
    def sent(self, database):
        """`sent(1, "all")`: the id of a broadcast that began a minute after NOW."""

        def sent(minute=1, *to, exclude=(), **values):
            began = NOW + timedelta(minutes=minute)
            with database.writing() as session:
                broadcast = Broadcast(
                    **{
                        "text": "to you",
                        "audience": {"to": list(to), "not": list(exclude)},
                        "status": BroadcastStatus.DONE,
                        "started_at": began,
                        "created_at": NOW,
                        "frozen_at": began,
                        **values,
                    }
                )
                session.add(broadcast)
                session.flush()
                return broadcast.id

        return sent

    @pytest.mark.parametrize(
        "word", ["all", "role:operator", "user:{me}", "topic:news", "lang:ru", "linked all"]
    )
    def test_words_that_mean_them(self, database, bob, sent, word):
        sent(1, *word.format(me=bob).split())
        sent(2, "all", exclude=["role:admin", "user:999", "topic:sport", "lang:en", "linked"])
        assert [item.kind for item in read(database, bob)] == ["broadcast"] * 2

    @pytest.mark.parametrize("word", NOT_BOB)
    def test_words_that_do_not(self, database, bob, sent, word):
        sent(1, word)
        assert read(database, bob) == []

    @pytest.mark.parametrize("word", ["role:operator", "user:{me}", "topic:news", "lang:ru", "all"])
    def test_exclusions(self, database, bob, sent, word):
        sent(1, "all", "role:operator", exclude=[word.format(me=bob)])
        assert read(database, bob) == []

    @pytest.mark.parametrize(
        "values",
        [
            {"frozen_at": None},
            {"status": BroadcastStatus.CANCELLED},
            {"status": BroadcastStatus.HALTED},
            {"started_at": NOW - timedelta(seconds=1)},
        ],
    )
    def test_what_was_not_begun_was_stopped_or_is_from_before(self, database, bob, sent, values):
        sent(1, "all", **values)
        assert read(database, bob) == []

    def test_in_the_accounts_language_and_name(self, database, bob, sent):
        sent(1, "all", text="Hello", format="html", variants={"ru": "<b>{first_name|друг}</b>"})
        (item,) = read(database, bob)
        assert (item.html, item.state) == ("<b>Bob Ross</b>", None)

    @pytest.mark.parametrize("limit", [1, 2, 3])
    def test_pages_neither_repeat_nor_miss(self, database, bob, sent, limit):
        expected = []
        for minute in (1, 2, 2, 3):
            expected.append(sent(minute, "all"))
            sent(minute, "role:admin")
        found, before = [], None
        while page := read(database, bob, limit, before):
            assert len(page) <= limit
            found += page
            before = found[-1].id
        assert [int(item.id[1:].partition("-")[0]) for item in found] == expected[::-1]

    def test_what_came_before_telegram_stays(self, database, bob, sent):
        """From when the bot knows the chat the ledger tells, which knows of /stop."""
        early = sent(1, "all")
        sent(9, "all")
        between = sent(2, "all")
        with database.writing() as session:
            chat = chats.remember(session, 5, first_name="B", now=NOW + timedelta(minutes=3))
            chat.user_id = bob
            session.add(
                Delivery(broadcast_id=between, chat_id=5, state=DeliveryState.SENT, updated_at=0)
            )
        items = read(database, bob)
        assert [(int(item.id[1:].partition("-")[0]), item.state) for item in items] == [
            (between, "sent"),
            (early, None),
        ]
