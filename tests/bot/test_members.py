"""Blocked, unblocked, added, removed, migrated."""

import pytest

from appliance.models import ChatStatus

GROUP = {"id": -200, "type": "group", "title": "Choir"}
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


def test_a_group_becomes_a_supergroup(desk):
    desk.feed(desk.membership("member", GROUP))
    migrated = desk.group_message({"migrate_to_chat_id": -1009})
    migrated["message"]["chat"] = GROUP
    desk.feed(migrated)
    chat = desk.chat(-1009)
    assert (chat.type, chat.name, chat.status) == ("supergroup", "Choir", ChatStatus.ACTIVE)
    with pytest.raises(Exception, match="no chat -200"):
        desk.chat(-200)


def test_a_status_that_telebot_does_not_know(desk):
    update = desk.membership("member")
    update["my_chat_member"]["new_chat_member"]["status"] = "beamed_up"
    desk.store(update, desk.text("/start"))
    assert desk.handler.run_through() == 2
    assert [row.error for row in desk.rows()] == ["ValueError", None]
    assert desk.chat().status == ChatStatus.ACTIVE
