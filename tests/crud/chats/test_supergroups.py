"""A group that became a supergroup, and all that names it."""

from datetime import UTC, datetime

import pytest

from appliance.crud import settings
from appliance.crud.broadcasts import operations
from appliance.crud.chats import chats, supergroups, topics
from appliance.crud.messages import messages
from appliance.errors import NotFound
from appliance.models import (
    MAX_ID,
    Broadcast,
    BroadcastStatus,
    ChatStatus,
    ChatType,
    Delivery,
    DeliveryState,
    Schedule,
)

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)


def test_a_migrated_group_takes_everything_along(store, know):
    know(-5, type=ChatType.GROUP, title="Choir", language="ru", first_name=None)
    with store.writing() as session:
        messages.record_incoming(session, -5, "hello", 1)
        supergroups.migrate(session, -5, -1005, LATER)
    with store.reading() as session:
        assert chats.get(session, -5) is None
        chat = chats.find(session, -1005)
        assert (chat.type, chat.title, chat.language, chat.status) == (
            "supergroup",
            "Choir",
            "ru",
            "active",
        )
        assert [row.text for row in messages.thread(session, -1005, 10)] == ["hello"]


def test_its_old_ids_go_on_meaning_it(store, know):
    """Programs and crontabs name it by the id it had when they were written."""
    know(-5, type=ChatType.GROUP, title="Choir", first_name=None)
    know(-6, type=ChatType.GROUP)
    with store.writing() as session:
        supergroups.migrate(session, -5, -1005, LATER)
        supergroups.migrate(session, -6, -1006, LATER)
        supergroups.migrate(session, -1005, -1007, LATER)
    with store.reading() as session:
        assert [chats.find(session, old).id for old in (-5, -1005, -6)] == [-1007, -1007, -1006]
        with pytest.raises(NotFound):
            chats.find(session, -7)


def test_the_ids_of_its_messages_mean_nothing_any_more(store, know):
    """A supergroup counts its messages anew: the old ids are other people's words there."""
    know(-5, type=ChatType.GROUP)
    know(77)
    with store.writing() as session:
        messages.record_incoming(session, -5, "hello", 11)
        copy = messages.queue(session, -5, "sendMessage", {}, about_chat_id=77, reply_to=3)
        copy.message_id, copy.state = 12, DeliveryState.SENT
        messages.record_incoming(session, 77, "private", 12)
        session.flush()
        supergroups.migrate(session, -5, -1005, LATER)
    with store.reading() as session:
        for number in (11, 12):
            assert messages.find_by_telegram_id(session, -1005, number) is None
        (moved,) = (row for row in messages.thread(session, -1005, 10) if row.about_chat_id)
        assert (moved.id, moved.reply_to) == (copy.id, 3)  # an id in the person's chat
        assert messages.find_by_telegram_id(session, 77, 12) is not None


def test_a_group_that_said_stop_has_said_it_after_its_migration_too(store, know):
    know(-5, type=ChatType.GROUP, status=ChatStatus.STOPPED)
    with store.writing() as session:
        supergroups.migrate(session, -5, -1005)
        assert chats.find(session, -1005).status == "stopped"


def test_a_migration_twice_or_of_nobody_changes_nothing(store, know):
    know(-5, type=ChatType.GROUP, title="Choir")
    with store.writing() as session:
        for _ in range(2):
            supergroups.migrate(session, -5, -1005)
        supergroups.migrate(session, -6, -1006)
        assert chats.find(session, -1005).title == "Choir"
        assert chats.get(session, -1006) is None


def test_the_approval_and_the_choices_move(store, know, enrol):
    know(-5, type=ChatType.GROUP, approved=True, approved_by=enrol("ann"), quiet="22:00-08:00")
    with store.writing() as session:
        news, chess = (topics.add(session, name, name).id for name in ("news", "chess"))
        topics.choose(session, news, -5, True)
        topics.choose(session, chess, -5, True)
        chats.remember(session, -1005, type=ChatType.SUPERGROUP)
        topics.choose(session, chess, -1005, False)
        supergroups.migrate(session, -5, -1005)
    with store.reading() as session:
        chat = chats.find(session, -1005)
        assert (chat.approved, chat.quiet) == (True, "22:00-08:00")
        assert chat.approved_by is not None
        assert topics.choices(session, -1005) == {news: True, chess: False}
        assert topics.choices(session, -5) == {}


def test_what_waits_in_the_ledger_moves(store, know):
    know(-5, type=ChatType.GROUP)
    states = {1: DeliveryState.PENDING, 2: DeliveryState.SENT, 3: DeliveryState.PENDING}
    with store.writing() as session:
        for number in (1, 2, 3, 4):
            session.add(_broadcast(number, status="done" if number == 3 else "running"))
        session.flush()
        for number, state in states.items():
            session.add(Delivery(broadcast_id=number, chat_id=-5, state=state, updated_at=0))
        for chat_id in (-5, -1005):  # told under both names
            session.add(Delivery(broadcast_id=4, chat_id=chat_id, updated_at=0))
        session.flush()
        supergroups.migrate(session, -5, -1005)
    with store.reading() as session:
        rows = session.query(Delivery).order_by(Delivery.broadcast_id, Delivery.chat_id)
        assert [(row.broadcast_id, row.chat_id) for row in rows] == [
            (1, -1005),
            (2, -5),
            (3, -5),
            (4, -1005),
            (4, -5),
        ]


def test_what_the_old_group_got_stays_under_its_old_id(store, know):
    """An edit or a recall never looks for it in the new group, where the id is another message."""
    know(-5, type=ChatType.GROUP)
    with store.writing() as session:
        session.add(_broadcast(1, status="running"))
        session.flush()
        sent = {"state": DeliveryState.SENT, "message_id": 12, "updated_at": 0}
        session.add(Delivery(broadcast_id=1, chat_id=-5, **sent))
        session.flush()
        supergroups.migrate(session, -5, -1005)
    with store.reading() as session:
        assert [row[:2] for row in operations.peek_delivered(session, 1, -MAX_ID, 9, 1)] == [
            (-5, 12)
        ]


def test_broadcasts_to_come_and_schedules_find_it(store, know):
    know(-5, type=ChatType.GROUP)
    words = {"to": ["chat:-5", "all"], "not": ["chat:-55"]}
    moved = {"to": ["chat:-1005", "all"], "not": ["chat:-55"]}
    with store.writing() as session:
        session.add(_broadcast(1, audience=words))
        session.add(_broadcast(2, audience=words, frozen_at=NOW))
        template = {"text": "chat:-5", "to": ["chat:-5"], "exclude": []}
        session.add(Schedule(name="w", cron="0 9 * * *", timezone="UTC", template=template))
        settings.put_setting(session, settings.OPERATORS, {"chat_id": -5, "topics": False})
        session.flush()
        supergroups.migrate(session, -5, -1005)
    with store.reading() as session:
        assert session.get(Broadcast, 1).audience == moved
        assert session.get(Broadcast, 2).audience == words
        template = session.query(Schedule).one().template
        assert template == {"text": "chat:-5", "to": ["chat:-1005"], "exclude": []}
        operators = settings.get_setting(session, settings.OPERATORS)
        assert operators == {"chat_id": -1005, "topics": False}


def _broadcast(number, **values):
    fields = {"status": BroadcastStatus.SCHEDULED, "audience": {"to": ["all"], "not": []}}
    return Broadcast(id=number, text="x", **(fields | values))
