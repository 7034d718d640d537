"""Groups and channels: the bot and people come, go and lead; a group becomes a supergroup."""

from typing import Any

import pytest


def statuses(updates: list[dict[str, Any]], kind: str = "my_chat_member") -> list[tuple[str, str]]:
    changes = [update[kind] for update in updates if kind in update]
    return [
        (change["old_chat_member"]["status"], change["new_chat_member"]["status"])
        for change in changes
    ]


def set_bot(api: Any, chat: int, status: str, **more: Any) -> None:
    api.control("POST", f"/chats/{chat}/bot", {"status": status, **more})


def test_the_bot_comes_and_goes(api):
    person = api.person()
    chat = api.group(person, type="supergroup", bot="left")
    assert api.refused("sendMessage", chat_id=chat, text="x").description == (
        "Bad Request: chat not found"
    )
    for status in ("member", "administrator", "member", "left"):
        set_bot(api, chat, status)
    updates = api.updates()
    assert statuses(updates) == [
        ("left", "member"),
        ("member", "administrator"),
        ("administrator", "member"),
        ("member", "kicked"),
    ]
    messages = [update["message"] for update in updates if "message" in update]
    assert messages[0]["new_chat_members"][0]["id"] == 100001
    assert messages[1]["left_chat_member"]["id"] == 100001
    assert {change["from"]["id"] for change in messages} == {person}


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"type": "group"}, "left", "bot is not a member of the group chat"),
        ({"type": "group"}, "kicked", "bot was kicked from the group chat"),
        ({"type": "supergroup"}, "left", "bot was kicked from the supergroup chat"),
        ({"type": "channel"}, "left", "bot was kicked from the channel chat"),
    ],
)
def test_a_chat_without_the_bot(api, given, status, words):
    chat = api.group(api.person(), **given)
    set_bot(api, chat, status)
    error = api.refused("sendMessage", chat_id=chat, text="x")
    assert (error.code, error.description) == (403, f"Forbidden: {words}")
    set_bot(api, chat, "administrator")
    assert api.call("sendMessage", chat_id=chat, text="x")


def test_a_public_channel_the_bot_is_not_in(api):
    api.group(api.person(), type="channel", bot="left", username="the_news")
    assert api.call("getChat", chat_id="@The_News")["title"] == "Club"
    assert api.refused("sendMessage", chat_id="@the_news", text="x").description == (
        "Forbidden: bot is not a member of the channel chat"
    )


def test_a_channel_needs_rights(api):
    chat = api.group(api.person(), type="channel")
    set_bot(api, chat, "administrator", rights=["can_manage_chat"])
    assert api.refused("sendMessage", chat_id=chat, text="x").description == (
        "Bad Request: need administrator rights in the channel chat"
    )
    [update] = api.updates()
    told = update["my_chat_member"]["new_chat_member"]
    assert (told["can_manage_chat"], told["can_post_messages"]) == (True, False)


def test_people_come_and_go(api):
    """`chat_member` is told only to an administrator that asks; service messages to all."""
    anna, boris = api.person(), api.person()
    chat = api.group(anna, type="supergroup")

    def set_boris(status: str, by: int) -> None:
        body = {"people": [boris], "status": status, "by": by}
        api.control("POST", f"/chats/{chat}/members", body)

    set_boris("member", by=anna)
    [update] = api.updates()
    assert update["message"]["new_chat_members"][0]["id"] == boris
    assert update["message"]["from"]["id"] == anna
    set_bot(api, chat, "administrator")
    api.updates()
    api.call("getUpdates", allowed_updates=["chat_member"])
    set_boris("left", by=boris)
    set_boris("member", by=anna)
    set_boris("administrator", by=anna)
    set_boris("left", by=anna)
    assert statuses(api.updates(), "chat_member") == [
        ("member", "left"),
        ("left", "member"),
        ("member", "administrator"),
        ("administrator", "kicked"),
    ]


def test_a_group_becomes_a_supergroup(api):
    person, other = api.person(), api.person()
    old = api.group(person, members=[other], title="Friends")
    api.call("sendMessage", chat_id=old, text="before")
    new = api.control("POST", f"/chats/{old}/migrate", {})
    assert (new["type"], new["title"], new["bot"]) == ("supergroup", "Friends", "member")
    assert {member["id"] for member in new["members"]} == {person, other}
    to, from_ = [update["message"] for update in api.updates()]
    assert (to["chat"]["id"], to["migrate_to_chat_id"]) == (old, new["id"])
    assert (from_["chat"]["id"], from_["migrate_from_chat_id"]) == (new["id"], old)
    for method in ("sendMessage", "getChat", "sendChatAction"):
        error = api.refused(method, chat_id=old, text="x", action="typing")
        assert (error.code, error.description) == (
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
        )
        assert error.parameters == {"migrate_to_chat_id": new["id"]}
    assert api.call("sendMessage", chat_id=new["id"], text="after")["message_id"] == 2
    body = {"chat_id": old, "text": "x"}
    assert api.try_control("POST", f"/people/{person}/send", body)[0] == 409
    assert api.try_control("POST", f"/chats/{old}/migrate", {})[0] == 409
    assert api.try_control("POST", f"/chats/{new['id']}/migrate", {})[0] == 409


def test_a_new_title(api):
    chat = api.group(api.person())
    api.control("POST", f"/chats/{chat}/title", {"title": "Клуб"})
    [update] = api.updates()
    assert update["message"]["new_chat_title"] == "Клуб" == update["message"]["chat"]["title"]


def test_a_topic_by_people(api):
    chat = api.group(api.person(), type="supergroup", is_forum=True)
    [topic] = api.control("POST", f"/chats/{chat}/topics", {"name": "Talk"})["topics"]
    path = f"/chats/{chat}/topics/{topic['id']}"
    api.control("POST", path, {"name": "Chat", "closed": True})
    api.control("POST", path, {"closed": False})
    messages = [update["message"] for update in api.updates()]
    told = [next(name for name in message if name.startswith("forum_")) for message in messages]
    assert told == [
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
    ]
    assert {message["message_thread_id"] for message in messages} == {topic["id"]}
    assert messages[0]["message_id"] == topic["id"]


def test_all_of_it_survives_a_restart(make_api, tmp_path):
    from appliance.sandbox.server import Sandbox

    journal = tmp_path / "people.jsonl"
    api = make_api(journal=journal)
    person = api.person()
    chat = api.group(person, type="supergroup", is_forum=True, bot="administrator")
    topic = api.call("createForumTopic", chat_id=chat, name="Talk")["message_thread_id"]
    sent = api.call("sendMessage", chat_id=chat, message_thread_id=topic, text="hello")
    api.call("pinChatMessage", chat_id=chat, message_id=sent["message_id"])
    api.act(person, "react", chat_id=chat, message_id=sent["message_id"], emoji="👍")
    api.call("setMyDescription", description="About")
    api.call("setMyCommands", commands=[{"command": "help", "description": "Help"}])
    before = seen(api, chat)
    make_api.stop_all()
    for _ in range(2):  # the second reads what the first one compacted
        simulator = Sandbox(api.token, journal=journal)
        simulator.start()
        again = type(api)(simulator.url)
        after = seen(again, chat)
        simulator.stop()
        assert after == before


def seen(api: Any, chat: int) -> list[Any]:
    methods = ("getMyDescription", "getMyCommands", "getUpdates")
    return [
        api.control("GET", f"/chats/{chat}"),
        api.control("GET", f"/chats/{chat}/messages"),
        api.call("getChat", chat_id=chat),
        api.call("getChatAdministrators", chat_id=chat),
        *(api.call(method) for method in methods),
    ]
