"""The control API's groups and channels."""

import pytest


def test_a_group_as_it_is_shown(api):
    anna, boris = api.person(), api.person()
    body = {"title": "Клуб", "creator": anna, "members": [boris], "username": "club_chat"}
    status, made = api.try_control("POST", "/chats", {"type": "supergroup", **body})
    assert status == 201
    chat = made["id"]
    assert chat < -(10**12)
    assert made == {
        "id": chat,
        "type": "supergroup",
        "title": "Клуб",
        "username": "club_chat",
        "is_forum": False,
        "migrated_to": None,
        "bot": "member",
        "members": [{"id": anna, "status": "creator"}, {"id": boris, "status": "member"}],
        "topics": [],
        "messages": 1,
        "last_text": None,
    }
    assert api.control("GET", f"/chats/{chat}") == made
    assert api.control("GET", "/chats") == {"chats": [made]}
    [message] = api.control("GET", f"/chats/{chat}/messages")["messages"]
    assert message["other"]["new_chat_members"][0]["is_bot"]


def test_a_creator_is_made_where_none_is_named(api):
    made = api.control("POST", "/chats", {"type": "channel"})
    [creator] = made["members"]
    assert (creator["status"], made["bot"]) == ("creator", "administrator")
    assert api.control("GET", f"/people/{creator['id']}")["started"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "party"}, 400),
        ({"title": ""}, 400),
        ({"title": "x" * 129}, 400),
        ({"type": "group", "is_forum": True}, 400),
        ({"type": "channel", "bot": "member"}, 400),
        ({"members": [5]}, 404),
        ({"creator": 5}, 404),
        ({"members": "all"}, 400),
        ({"colour": "red"}, 400),
    ],
)
def test_chats_that_are_refused(api, body, status):
    assert api.try_control("POST", "/chats", body)[0] == status
    assert api.control("GET", "/chats") == {"chats": []}
    assert api.updates() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("bot", {"status": "creator"}, 400),
        ("bot", {"status": "member", "by": 5}, 404),
        ("bot", {"rights": ["can_fly"]}, 400),
        ("members", {"people": [5]}, 404),
        ("topics", {"name": "Talk"}, 409),
        ("topics/5", {"closed": True}, 404),
        ("title", {}, 400),
    ],
)
def test_changes_that_are_refused(api, path, body, status):
    chat = api.group(api.person())
    assert api.try_control("POST", f"/chats/{chat}/{path}", body)[0] == status
    assert api.updates() == []


def test_the_creator_stays(api):
    person = api.person()
    chat = api.group(person)
    body = {"people": [person], "status": "left"}
    assert api.try_control("POST", f"/chats/{chat}/members", body)[0] == 400


def test_nobody_acts_in_a_chat_they_are_not_in(api):
    chat = api.group(api.person())
    body = {"title": "x", "by": api.person()}
    assert api.try_control("POST", f"/chats/{chat}/title", body)[0] == 403


def test_a_chat_that_is_not_there(api):
    assert api.try_control("GET", "/chats/-5")[0] == 404
