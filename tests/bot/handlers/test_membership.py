"""Blocked, unblocked, added, removed, migrated."""

import pytest

from appliance.bot import keyboards
from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.models import ChatStatus
from appliance.services.i18n.catalog import phrase
from support.stored_updates import handle_all

GROUP = {"id": -200, "type": "group", "title": "Choir"}
RIGHTS = (
    "send_messages send_audios send_documents send_photos send_videos send_video_notes"
    " send_voice_notes send_polls send_other_messages add_web_page_previews change_info"
    " invite_users pin_messages manage_topics"
)
CHANNEL = {"id": -1007, "type": "channel", "title": "News", "username": "news"}


def test_blocking_and_unblocking_are_noticed(desk):
    desk.say("/start")
    desk.feed(desk.membership("kicked"))
    assert desk.chat().status == ChatStatus.BLOCKED
    desk.feed(desk.membership("member"))
    assert desk.chat().status == ChatStatus.ACTIVE
    desk.feed(desk.membership("kicked"))
    desk.say("here again")
    assert desk.chat().status == ChatStatus.ACTIVE


@pytest.mark.parametrize("chat", [GROUP, CHANNEL])
@pytest.mark.parametrize("left", ["left", "kicked"])
def test_being_added_and_removed(desk, chat, left):
    desk.feed(desk.membership("member", chat))
    known = desk.chat(chat["id"])
    assert (known.type, known.name, known.language) == (chat["type"], chat["title"], None)
    assert known.status == ChatStatus.ACTIVE
    desk.feed(desk.membership(left, chat))
    assert desk.chat(chat["id"]).status == ChatStatus.LEFT
    assert desk.calls(chat["id"]) == []


def test_admins_are_asked_once_it_is_added(desk):
    desk.say("/start")
    desk.link("admin")
    desk.feed(desk.membership("member", GROUP), desk.membership("administrator", GROUP))
    (asked,) = desk.calls()[1:]
    assert asked[1]["text"] == phrase("en", "approve_added", name="Choir")
    assert asked[1]["reply_markup"] == keyboards.approve([desk.chat(-200)])
    desk.feed(desk.membership("left", GROUP), desk.membership("member", GROUP))
    assert len(desk.said()) == 2  # the same within the hour


def test_removing_it_forgets_that_it_was_approved(desk):
    desk.feed(desk.membership("administrator", CHANNEL))
    with desk.database.writing() as session:
        chats.set_approved(session, chats.find(session, -1007), True, None)
    desk.feed(desk.membership("kicked", CHANNEL), desk.membership("administrator", CHANNEL))
    chat = desk.chat(-1007)
    assert (chat.status, chat.approved) == (ChatStatus.ACTIVE, False)


@pytest.mark.parametrize(("inside", "status"), [(True, "active"), (False, "left")])
def test_restricted_is_said_of_those_who_are_in_and_of_those_who_are_not(desk, inside, status):
    update = desk.membership("restricted", GROUP)
    update["my_chat_member"]["new_chat_member"] |= {"is_member": inside, "until_date": 0} | {
        f"can_{right}": False for right in RIGHTS.split()
    }
    desk.feed(update)
    assert desk.chat(-200).status == status


def test_a_group_becomes_a_supergroup(desk):
    desk.feed(desk.membership("member", GROUP))
    migrated = desk.group_message({"migrate_to_chat_id": -1009})
    migrated["message"]["chat"] = GROUP
    desk.feed(migrated)
    chat = desk.chat(-1009)
    assert (chat.type, chat.name, chat.status) == ("supergroup", "Choir", ChatStatus.ACTIVE)
    assert desk.chat(-200).id == -1009


def test_a_status_that_telebot_does_not_know(desk):
    update = desk.membership("member")
    update["my_chat_member"]["new_chat_member"]["status"] = "beamed_up"
    desk.store(update, desk.text("/start"))
    assert handle_all(desk.handler) == 2
    assert [row.error for row in desk.rows()] == ["ValueError", None]
    assert desk.chat().status == ChatStatus.ACTIVE


@pytest.mark.parametrize("left", ["left", "kicked"])
def test_the_operators_group_does_not_come_back_by_itself(desk, left):
    """Whoever adds the bot there again, only an admin's /operators makes copies go there."""
    desk.say("/start")
    desk.link("admin")
    desk.feed(desk.membership("member", GROUP))
    chosen = {"chat_id": -200, "topics": False, "language": "en"}
    with desk.database.writing() as session:
        settings.put_setting(session, settings.OPERATORS, chosen)
    desk.feed(desk.membership("administrator", GROUP))
    desk.say("private", person=1002)
    assert len(desk.calls(-200)) == 1
    desk.feed(desk.membership(left, GROUP))
    lost = phrase("en", "operators_lost", name="Choir")
    assert desk.calls()[-1][1]["text"] == lost
    desk.feed(desk.membership("member", GROUP))
    desk.say("private too", person=1002)
    assert len(desk.calls(-200)) == 1


@pytest.fixture
def lost(desk):
    """A group that a refused message has marked, though the bot is in it."""
    desk.say("/start")
    desk.link("admin")
    with desk.database.writing() as session:
        chats.remember(session, -200, type="group", title="Choir")
        chats.set_approved(session, chats.find(session, -200), True, None)
        chats.set_status(session, -200, ChatStatus.LEFT)


def spoken(desk, chat=GROUP, **content):
    message = desk.group_message(content)
    message["message"]["chat"] = chat
    return message


def test_a_word_from_a_group_that_was_left_proves_that_the_bot_is_there(desk, lost):
    desk.feed(spoken(desk, text="anybody here?"), spoken(desk, text="hello"))
    chat = desk.chat(-200)
    assert (chat.status, chat.approved) == (ChatStatus.ACTIVE, False)
    (asked,) = desk.calls()[1:]
    assert asked[1]["text"] == phrase("en", "approve_added", name="Choir")
    assert asked[1]["reply_markup"] == keyboards.approve([chat])
    assert desk.calls(-200) == []


def test_what_telegram_says_of_a_group_that_was_left_proves_nothing(desk, lost):
    bot = {"id": 100001, "is_bot": True, "first_name": "Club"}
    desk.feed(spoken(desk, left_chat_member=bot))
    assert desk.chat(-200).status == ChatStatus.LEFT
    assert len(desk.calls()) == 1


def test_a_group_that_said_stop_is_not_woken_by_a_word(desk, lost):
    with desk.database.writing() as session:
        chats.set_status(session, -200, ChatStatus.STOPPED)
    desk.feed(spoken(desk, text="hello"))
    assert desk.chat(-200).status == ChatStatus.STOPPED


def test_operators_works_where_the_bot_was_thought_gone(desk, lost):
    desk.feed(spoken(desk, text="/operators"))
    assert desk.calls(-200)[-1][1]["text"] == phrase("en", "operators_set")
    desk.say("private", person=1002)
    assert desk.calls(-200)[-1][1]["text"].endswith("private")


def test_a_word_does_not_bring_the_operators_group_back(desk, lost):
    with desk.database.writing() as session:
        settings.put_setting(session, settings.OPERATORS, {"chat_id": -200})
    desk.feed(spoken(desk, text="hello"))
    desk.say("private", person=1002)
    assert desk.calls(-200) == []


def test_it_does_not_come_back_where_only_a_refusal_told_that_it_was_lost(desk):
    desk.feed(desk.membership("member", GROUP))
    with desk.database.writing() as session:
        settings.put_setting(session, settings.OPERATORS, {"chat_id": -200})
        chats.set_status(session, -200, ChatStatus.LEFT)
    desk.feed(desk.membership("member", GROUP))
    desk.say("private", person=1002)
    assert desk.calls(-200) == []
