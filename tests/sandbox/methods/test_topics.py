"""Forum topics by the bot."""

import pytest


@pytest.fixture
def forum(api):
    chat: int = api.group(api.person(), type="supergroup", is_forum=True, bot="administrator")
    return chat


def test_the_life_of_a_topic(api, forum):
    made = api.call("createForumTopic", chat_id=forum, name="Анна", icon_color=9367192)
    topic = {"chat_id": forum, "message_thread_id": made["message_thread_id"]}
    assert (made["name"], made["icon_color"]) == ("Анна", 9367192)
    sent = api.call("sendMessage", **topic, text="hello")
    assert sent["message_thread_id"] == made["message_thread_id"] and sent["is_topic_message"]
    assert sent["reply_to_message"]["forum_topic_created"] == {
        "name": "Анна",
        "icon_color": 9367192,
    }
    answered = {"message_id": sent["message_id"]}
    reply = api.call("sendMessage", chat_id=forum, text="again", reply_parameters=answered)
    assert reply["message_thread_id"] == made["message_thread_id"]
    assert api.call("editForumTopic", **topic, name="Anna")
    assert api.call("closeForumTopic", **topic)
    [shown] = api.control("GET", f"/chats/{forum}")["topics"]
    assert (shown["name"], shown["closed"]) == ("Anna", True)
    assert api.call("reopenForumTopic", **topic)
    assert api.updates() == [], "a bot is not told of what it did itself"
    assert api.call("deleteForumTopic", **topic)
    assert api.refused("sendMessage", **topic, text="x").description == (
        "Bad Request: message thread not found"
    )
    assert api.control("GET", f"/chats/{forum}")["topics"] == []


def test_only_who_manages_topics_writes_in_a_closed_one(api, forum):
    made = api.call("createForumTopic", chat_id=forum, name="Talk")["message_thread_id"]
    topic = {"chat_id": forum, "message_thread_id": made}
    api.call("closeForumTopic", **topic)
    assert api.call("sendMessage", **topic, text="x")
    api.control("POST", f"/chats/{forum}/bot", {"status": "member"})
    assert api.refused("sendMessage", **topic, text="x").description == "Bad Request: TOPIC_CLOSED"
    assert api.refused("reopenForumTopic", **topic).description == (
        "Bad Request: not enough rights to close or reopen the topic"
    )


@pytest.mark.parametrize(
    ("method", "more", "description"),
    [
        ("createForumTopic", {}, "TOPIC_TITLE_EMPTY"),
        ("createForumTopic", {"name": "x" * 129}, "TOPIC_TITLE_TOO_LONG"),
        ("createForumTopic", {"name": "x", "icon_color": 1}, "invalid icon color specified"),
        ("editForumTopic", {"message_thread_id": 999, "name": "x"}, "TOPIC_ID_INVALID"),
        ("sendMessage", {"message_thread_id": 1, "text": "x"}, "message thread not found"),
    ],
)
def test_refusals(api, forum, method, more, description):
    error = api.refused(method, chat_id=forum, **more)
    assert error.description == f"Bad Request: {description}"


def test_changing_nothing(api, forum):
    made = api.call("createForumTopic", chat_id=forum, name="Talk")["message_thread_id"]
    topic = {"chat_id": forum, "message_thread_id": made}
    for method, more in (("editForumTopic", {"name": "Talk"}), ("reopenForumTopic", {})):
        assert api.refused(method, **topic, **more).description == (
            "Bad Request: TOPIC_NOT_MODIFIED"
        )


def test_chats_without_topics(api):
    person = api.person()
    for chat in (person, api.group(person, type="supergroup", bot="administrator")):
        assert api.refused("createForumTopic", chat_id=chat, name="x").description == (
            "Bad Request: the chat is not a forum"
        )


def test_unpinning_a_topic_leaves_the_others(api, forum):
    kept = api.call("sendMessage", chat_id=forum, text="kept")["message_id"]
    made = api.call("createForumTopic", chat_id=forum, name="Talk")["message_thread_id"]
    topic = {"chat_id": forum, "message_thread_id": made}
    sent = api.call("sendMessage", **topic, text="x")["message_id"]
    for message_id in (kept, sent):
        api.call("pinChatMessage", chat_id=forum, message_id=message_id)
    assert api.call("unpinAllForumTopicMessages", **topic)
    assert api.call("getChat", chat_id=forum)["pinned_message"]["text"] == "kept"
