"""What people write, where, and what of it the bot reaches_bot."""

from typing import Any

import pytest

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}


def heard(api: Any) -> list[str]:
    """The texts that came, by their kinds of update."""
    return [
        f"{kind}: {content.get('text', content.get('caption'))}"
        for update in api.updates()
        for kind, content in update.items()
        if kind != "update_id"
    ]


def test_an_answer_carries_what_it_answers(api):
    person = api.person()
    first = api.call("sendMessage", chat_id=person, text="Well?")["message_id"]
    [second] = api.act(person, "send", text="Yes", reply_to=first)["wrote"]
    api.act(person, "send", text="Really", reply_to=second)
    updates = [update["message"] for update in api.updates()]
    assert updates[0]["reply_to_message"]["text"] == "Well?"
    assert updates[1]["reply_to_message"]["text"] == "Yes"
    assert "reply_to_message" not in updates[1]["reply_to_message"]
    sent = api.call(
        "sendMessage", chat_id=person, text="ok", reply_parameters={"message_id": second}
    )
    assert sent["reply_to_message"]["from"]["id"] == person


def test_an_edit(api):
    person = api.person()
    [wrote] = api.act(person, "send", text="helo")["wrote"]
    api.act(person, "edit", message_id=wrote, text="hello")
    message, edited = api.updates()
    assert message["message"]["text"] == "helo"
    assert edited["edited_message"]["text"] == "hello"
    assert edited["edited_message"]["edit_date"] >= edited["edited_message"]["date"]
    sent = api.call("sendMessage", chat_id=person, text="mine")["message_id"]
    body = {"message_id": sent, "text": "x"}
    assert api.try_control("POST", f"/people/{person}/edit", body)[0] == 403


def test_a_caption_is_edited_too(api):
    person = api.person()
    [wrote] = api.act(person, "photo", caption="one")["wrote"]
    api.act(person, "edit", message_id=wrote, text="two")
    assert heard(api) == ["message: one", "edited_message: two"]


def test_nothing_tells_of_a_deletion(api):
    person = api.person()
    [wrote] = api.act(person, "send", text="oops")["wrote"]
    api.updates()
    api.act(person, "delete", message_id=wrote)
    assert api.updates() == []
    assert api.messages(person)[-1]["deleted"]
    reply = {"chat_id": person, "text": "x", "reply_parameters": {"message_id": wrote}}
    assert api.refused("sendMessage", **reply).description == (
        "Bad Request: message to be replied not found"
    )


def test_reactions_only_to_who_asks(api):
    person = api.person()
    sent = api.call("sendMessage", chat_id=person, text="x")["message_id"]
    api.act(person, "react", message_id=sent, emoji="👍")
    assert api.updates() == []
    api.call("getUpdates", allowed_updates=["message_reaction"])
    api.act(person, "react", message_id=sent, emoji="🔥")
    api.act(person, "react", message_id=sent)
    api.act(person, "send", text="not asked for")
    changed, gone = [update["message_reaction"] for update in api.updates()]
    fire, thumb = [{"type": "emoji", "emoji": emoji} for emoji in "🔥👍"]
    assert (changed["old_reaction"], changed["new_reaction"]) == ([thumb], [fire])
    assert (gone["old_reaction"], gone["new_reaction"]) == ([fire], [])
    assert changed["user"]["id"] == person and changed["message_id"] == sent


def test_an_album(api):
    person = api.person()
    files = [{"kind": "photo"}, {"kind": "video"}, {"kind": "photo"}]
    wrote = api.act(person, "album", files=files, caption="the trip")["wrote"]
    messages = [update["message"] for update in api.updates()]
    assert [message["message_id"] for message in messages] == wrote
    assert len({message["media_group_id"] for message in messages}) == 1
    assert [message.get("caption") for message in messages] == ["the trip", None, None]


@pytest.mark.parametrize(
    "kinds", [["photo"], ["photo", "document"], ["audio", "video"], ["voice"] * 2, ["photo"] * 11]
)
def test_albums_that_nobody_sends(api, kinds):
    body = {"files": [{"kind": kind} for kind in kinds]}
    assert api.try_control("POST", f"/people/{api.person()}/album", body)[0] == 400
    assert api.updates() == []


def test_privacy_in_a_group(api):
    """Commands, mentions and answers to the bot; the rest only when it leads or is let hear."""
    person = api.person()
    group = api.group(person)
    sent = api.call("sendMessage", chat_id=group, text="hello")["message_id"]

    def say(text: str, **more: Any) -> None:
        api.act(person, "send", chat_id=group, text=text, **more)

    for text in ("chatter", "/help", "/help@other_bot", "/help@Appliance_Sandbox_Bot"):
        say(text)
    say("🙂 שלום @appliance_sandbox_bot!")
    say("an answer", reply_to=sent)
    assert heard(api) == [
        "message: /help",
        "message: /help@Appliance_Sandbox_Bot",
        "message: 🙂 שלום @appliance_sandbox_bot!",
        "message: an answer",
    ]
    assert api.control("PUT", "/bot", {"privacy": False})["privacy"] is False
    assert api.call("getMe")["can_read_all_group_messages"]
    say("chatter")
    api.control("PUT", "/bot", {"privacy": True})
    say("more")
    api.control("POST", f"/chats/{group}/bot", {"status": "administrator"})
    api.updates()
    say("even more")
    assert heard(api) == ["message: even more"]


def test_messages_of_a_group_say_who_wrote(api):
    anna, boris = api.person(), api.person()
    group = api.group(anna, type="supergroup", members=[boris], bot="administrator")
    for person in (anna, boris):
        api.act(person, "send", chat_id=group, text="hello")
    messages = [update["message"] for update in api.updates()]
    assert [message["from"]["id"] for message in messages] == [anna, boris]
    assert {message["chat"]["id"] for message in messages} == {group}
    ids = [message["message_id"] for message in messages]
    assert ids[1] == ids[0] + 1, "a supergroup counts for itself"
    shown = api.control("GET", f"/chats/{group}/messages?after={ids[0] - 1}")["messages"]
    assert [message["author"] for message in shown] == [anna, boris]


def test_a_channel_writes_as_itself(api):
    person, reader = api.person(), api.person()
    channel = api.group(person, type="channel", title="News", members=[reader])
    [wrote] = api.act(person, "send", chat_id=channel, text="hello")["wrote"]
    api.act(person, "edit", chat_id=channel, message_id=wrote, text="hello!")
    post, edited = api.updates()
    assert "from" not in post["channel_post"]
    assert post["channel_post"]["sender_chat"]["id"] == channel
    assert edited["edited_channel_post"]["text"] == "hello!"
    body = {"chat_id": channel, "text": "x"}
    assert api.try_control("POST", f"/people/{reader}/send", body)[0] == 403


def test_reactions_in_groups_and_channels(api):
    person, other = api.person(), api.person()
    kinds = ["message_reaction", "message_reaction_count"]
    api.call("getUpdates", allowed_updates=kinds)
    plain = api.group(person)
    group = api.group(person, type="supergroup", members=[other], bot="administrator")
    channel = api.group(person, type="channel")
    for chat in (plain, group, channel):
        sent = api.call("sendMessage", chat_id=chat, text="x")["message_id"]
        api.act(person, "react", chat_id=chat, message_id=sent, emoji="👍")
    reaction, count = api.updates()
    assert reaction["message_reaction"]["chat"]["id"] == group
    told = count["message_reaction_count"]
    assert told["reactions"] == [{"type": {"type": "emoji", "emoji": "👍"}, "total_count": 1}]


def test_topics(api):
    person = api.person()
    forum = api.group(person, type="supergroup", is_forum=True, bot="administrator")
    topic = api.call("createForumTopic", chat_id=forum, name="Talk")["message_thread_id"]
    [wrote] = api.act(person, "send", chat_id=forum, thread=topic, text="hello")["wrote"]
    api.act(person, "send", chat_id=forum, reply_to=wrote, text="and again")
    api.act(person, "send", chat_id=forum, text="in General")
    first, answer, general = [update["message"] for update in api.updates()]
    assert first["message_thread_id"] == topic and first["is_topic_message"]
    assert first["reply_to_message"]["forum_topic_created"]["name"] == "Talk"
    assert answer["message_thread_id"] == topic
    assert answer["reply_to_message"]["message_id"] == wrote
    assert "message_thread_id" not in general and "reply_to_message" not in general


def test_a_button_in_a_group(api):
    anna, boris = api.person(), api.person()
    group = api.group(anna, members=[boris])
    sent = api.call("sendMessage", chat_id=group, text="Well?", reply_markup=KEYBOARD)
    api.act(boris, "press", chat_id=group, message_id=sent["message_id"], data="yes")
    [update] = api.updates()
    query = update["callback_query"]
    assert query["from"]["id"] == boris and query["message"]["chat"]["id"] == group


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"chat_id": -5}, 404),
        ({"chat_id": 5}, 404),
        ({"reply_to": 99}, 404),
        ({"chat_id": "x"}, 400),
        ({"cat_id": 5}, 400),
    ],
)
def test_places_where_nobody_can_write(api, body, status):
    path = f"/people/{api.person()}/send"
    assert api.try_control("POST", path, {"text": "x", **body})[0] == status


def test_a_stranger_does_not_write_in_a_group(api):
    group = api.group(api.person())
    body = {"text": "x", "chat_id": group}
    assert api.try_control("POST", f"/people/{api.person()}/send", body)[0] == 403
