"""What is known of a chat: names follow Telegram, choices stay."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from appliance.crud.chats import chats, topics
from appliance.crud.chats.chats import ChatFilter
from appliance.crud.messages import messages
from appliance.errors import NotFound
from appliance.models import MAX_ID, ChatStatus, ChatType, Message, utcnow
from support.people import add_chats

NOW = utcnow()
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def found(store):
    def found(**filter):
        with store.reading() as session:
            rows = chats.list_page(session, ChatFilter(**filter), 100)
            assert chats.count(session, ChatFilter(**filter)) == len(rows)
        return [row.id for row in rows]

    return found


def test_a_new_chat(store):
    with store.writing() as session:
        chats.remember(session, 2**52, first_name="Ann", username="ann", language="ru", now=NOW)
    with store.reading() as session:
        chat = chats.find(session, 2**52)
        assert (chat.type, chat.status, chat.name) == ("private", "active", "Ann")
        assert (chat.language, chat.created_at, chat.updated_at) == ("ru", NOW, NOW)


@pytest.mark.parametrize("number", [0, 5, -5, MAX_ID, -MAX_ID - 1, 10**30])
def test_an_unknown_one(store, number):
    with store.reading() as session:
        assert chats.get(session, number) is None
        with pytest.raises(NotFound):
            chats.find(session, number)


def test_names_follow_telegram(store):
    with store.writing() as session:
        chats.remember(session, 1, first_name="Ann", last_name="A", username="ann", now=NOW)
        chat = chats.remember(session, 1, first_name="Anna", now=LATER)
        assert (chat.first_name, chat.last_name, chat.username) == ("Anna", None, None)
        assert (chat.created_at, chat.updated_at) == (NOW, LATER)


def test_a_chosen_language_stays(store):
    with store.writing() as session:
        chat = chats.remember(session, 1, language="en")
        assert chats.remember(session, 1, language="ru").language == "en"
        chat.language = None
        assert chats.remember(session, 1, language="ru").language == "ru"
        assert chats.remember(session, 1).language == "ru"


@pytest.mark.parametrize("status", ["stopped", "blocked", "left"])
def test_a_status_changes_only_when_asked(store, know, status):
    know(1, status=status)
    with store.writing() as session:
        assert chats.remember(session, 1, first_name="Ann").status == status
        assert chats.remember(session, 1, first_name="Ann", activate=True).status == "active"


def test_set_status(store, know):
    know(1)
    with store.writing() as session:
        chats.set_status(session, 1, ChatStatus.BLOCKED, LATER)
        chats.set_status(session, 99, ChatStatus.BLOCKED, LATER)
        chat = chats.find(session, 1)
        assert (chat.status, chat.updated_at) == ("blocked", LATER)
        chats.set_status(session, 1, ChatStatus.BLOCKED, NOW)
        assert chat.updated_at == LATER
        assert chats.get(session, 99) is None


def test_a_group_the_bot_left_is_forgotten_as_a_destination(store, know):
    know(-5, type=ChatType.GROUP, approved=True, approved_by=None)
    with store.writing() as session:
        topic = topics.add(session, "news", "News")
        topics.choose(session, topic.id, -5, True)
        chats.set_status(session, -5, ChatStatus.LEFT, LATER)
        assert topics.choices(session, -5) == {}
        chat = chats.find(session, -5)
        assert (chat.status, chat.approved, chat.approved_by) == ("left", False, None)


def test_waiting_is_what_nobody_decided_about(store, know, enrol):
    boss = enrol("boss")
    know(1, approved=False)
    know(-1, type=ChatType.GROUP, created_at=NOW)
    know(-2, type=ChatType.CHANNEL, created_at=LATER)
    know(-3, type=ChatType.GROUP, approved=True)
    know(-4, type=ChatType.GROUP, approved_by=boss)  # refused
    know(-5, type=ChatType.GROUP, status=ChatStatus.LEFT)
    with store.writing() as session:
        assert [chat.id for chat in chats.list_waiting(session, 10)] == [-2, -1]
        chats.set_approved(session, chats.find(session, -2), True, boss, LATER)
        assert [chat.id for chat in chats.list_waiting(session, 10)] == [-1]
        assert chats.find(session, -2).approved_by == boss


def test_admins_that_can_be_told(store, know, enrol):
    know(1, user_id=enrol("ann", role="admin"))
    know(2, user_id=enrol("bob", role="admin"), status=ChatStatus.BLOCKED)
    know(3, user_id=enrol("eve", role="admin", disabled=True))
    know(4, user_id=enrol("joe"))
    know(5, user_id=enrol("sue", role="admin"), status=ChatStatus.STOPPED)
    with store.reading() as session:
        assert [chat.id for chat in chats.list_admins(session)] == [1, 5]


def test_narrowed(know, enrol, found):
    know(1, user_id=enrol("ann"), username="ann_a", first_name="Ann", last_name="Berg")
    know(2, status=ChatStatus.BLOCKED, first_name="50%")
    know(-3, type=ChatType.GROUP, title="Choir", first_name=None)
    assert found() == [-3, 1, 2]
    assert found(status="blocked") == [2]
    assert found(linked=True) == [1]
    assert found(linked=False) == [-3, 2]
    assert found(linked=False, status="active") == [-3]
    assert found(status=chats.UNREACHABLE) == [2]
    assert found(type="group") == found(approved=False, type="group") == [-3]
    assert found(type="channel") == found(approved=True) == []
    for words, chat_ids in {
        "@ann_": [1],
        "BERG": [1],
        "hoi": [-3],
        "-3": [-3],
        "%": [2],
        "_": [1],
        "nobody": [],
        "9" * 30: [],
        "²": [],
        "--1": [],
        "  ": [-3, 1, 2],
    }.items():
        assert found(query=words) == chat_ids, words


def test_pages_by_id_with_their_users(store, know, enrol):
    know(5, 3, 4)
    know(1, user_id=enrol("ann"))
    with store.reading() as session:
        page = chats.list_page(session, ChatFilter(), 2)
        rest = chats.list_page(session, ChatFilter(), 10, page[-1].id)
    assert [row.id for row in [*page, *rest]] == [1, 3, 4, 5]
    assert page[0].user.name == "ann"  # read with the page: the session is closed


def test_the_chat_of_a_user(store, know, enrol):
    ann, bob = enrol("ann"), enrol("bob")
    know(1, user_id=ann)
    with store.reading() as session:
        assert chats.get_by_user(session, ann).id == 1
        assert chats.get_by_user(session, bob) is None


def status(store, chat_id):
    with store.reading() as session:
        chat = chats.find(session, chat_id)
        return chat.status, chat.not_found


def test_three_times_in_a_row_not_found_is_lost(store):
    with store.writing() as session:
        add_chats(session, 1, 2)
    for expected in (("active", 1), ("active", 2), ("lost", 3), ("lost", 3)):
        with store.writing() as session:
            chats.count_not_found(session, 1)
        assert status(store, 1) == expected
    assert status(store, 2) == ("active", 0)


def test_what_arrives_in_between_begins_the_count_anew(store):
    with store.writing() as session:
        add_chats(session, 1, 2)
        chats.reset_not_found(session, 1)
        for chat_id in (1, 1, 2):
            chats.count_not_found(session, chat_id)
    with store.writing() as session:
        assert chats.list_not_found(session) == {1, 2}
        chats.reset_not_found(session, 1)
        chats.reset_not_found(session, 5)
        assert chats.list_not_found(session) == {2}
    assert (status(store, 1), status(store, 2)) == (("active", 0), ("active", 1))


def test_a_sign_of_life_brings_it_back_with_a_new_count(store):
    with store.writing() as session:
        add_chats(session, 1)
        for _ in range(3):
            chats.count_not_found(session, 1)
    with store.writing() as session:
        chats.remember(session, 1, activate=True)
    with store.writing() as session:
        chats.count_not_found(session, 1)
    assert status(store, 1) == ("active", 1)


def test_a_chat_that_is_removed_takes_along_what_was_said(store):
    with store.writing() as session:
        add_chats(session, 1)
        messages.queue(session, 1, "sendMessage", {})
    with store.writing() as session:
        chats.remove(session, 1)
    with store.reading() as session:
        assert chats.get(session, 1) is None
        assert session.scalar(select(func.count(Message.id))) == 0
    with store.writing() as session, pytest.raises(NotFound):
        chats.remove(session, 1)
