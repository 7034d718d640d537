"""Edits and deletions beyond private chats; tests of sending hold those in them."""


def test_what_a_bot_may_delete(api):
    person = api.person()
    group = api.group(person)
    [said] = api.act(person, "send", chat_id=group, text="/hello")["wrote"]
    mine = api.call("sendMessage", chat_id=group, text="x")["message_id"]
    assert api.refused("deleteMessage", chat_id=group, message_id=said).description == (
        "Bad Request: message can't be deleted"
    )
    assert api.call("deleteMessages", chat_id=group, message_ids=[said, mine])
    shown = api.control("GET", f"/chats/{group}/messages?after={said - 1}")["messages"]
    assert [message["deleted"] for message in shown] == [False, True]
    api.control("POST", f"/chats/{group}/bot", {"status": "administrator"})
    assert api.call("deleteMessage", chat_id=group, message_id=said)


def test_what_a_bot_may_edit(api):
    person = api.person()
    channel, group = api.group(person, type="channel"), api.group(person, bot="administrator")
    for chat, allowed in ((channel, True), (group, False)):
        [said] = api.act(person, "send", chat_id=chat, text="helo")["wrote"]
        edit = {"chat_id": chat, "message_id": said, "text": "hello"}
        if allowed:
            assert api.call("editMessageText", **edit)["text"] == "hello"
        else:
            assert api.refused("editMessageText", **edit).description == (
                "Bad Request: message can't be edited"
            )


def test_service_messages_stay(api):
    chat = api.group(api.person(), type="supergroup", bot="administrator")
    assert api.refused("editMessageText", chat_id=chat, message_id=1, text="x").description == (
        "Bad Request: message can't be edited"
    )
