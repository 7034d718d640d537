"""Pinned messages."""

from typing import Any


def pinned(api: Any, chat: int) -> str | None:
    document = api.call("getChat", chat_id=chat)
    return document.get("pinned_message", {}).get("text")


def test_pins_pile_up(api):
    person = api.person()
    ids = [api.call("sendMessage", chat_id=person, text=text)["message_id"] for text in "abc"]
    for message_id in ids:
        api.call("pinChatMessage", chat_id=person, message_id=message_id)
    assert pinned(api, person) == "c"
    api.call("unpinChatMessage", chat_id=person)
    assert pinned(api, person) == "b"
    api.call("unpinChatMessage", chat_id=person, message_id=ids[0])
    api.call("deleteMessage", chat_id=person, message_id=ids[1])
    assert pinned(api, person) is None
    api.call("pinChatMessage", chat_id=person, message_id=ids[2])
    api.call("unpinAllChatMessages", chat_id=person)
    assert api.refused("unpinChatMessage", chat_id=person).description == (
        "Bad Request: message to unpin not found"
    )


def test_a_supergroup_needs_the_right(api):
    person = api.person()
    chat = api.group(person, type="supergroup")
    sent = api.call("sendMessage", chat_id=chat, text="x")["message_id"]
    place = {"chat_id": chat, "message_id": sent}
    assert api.refused("pinChatMessage", **place).description == (
        "Bad Request: not enough rights to manage pinned messages in the chat"
    )
    api.control("POST", f"/chats/{chat}/bot", {"status": "administrator"})
    assert api.call("pinChatMessage", **place)
    assert api.refused("pinChatMessage", **place).description == "Bad Request: CHAT_NOT_MODIFIED"
    service = api.control("GET", f"/chats/{chat}/messages")["messages"][-1]
    assert service["other"]["pinned_message"]["message_id"] == sent
    assert api.refused(
        "pinChatMessage", chat_id=chat, message_id=service["message_id"]
    ).description == ("Bad Request: message can't be pinned")
