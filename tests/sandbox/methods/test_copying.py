"""Copies and forwards."""

from typing import Any

import pytest

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}


def test_a_copy_is_ones_own(api):
    anna, boris = api.person(), api.person()
    [said] = api.act(anna, "photo", caption="#look")["wrote"]
    place = {"chat_id": boris, "from_chat_id": anna, "message_id": said}
    copy = api.call("copyMessage", **place, reply_markup=KEYBOARD)
    assert copy == {"message_id": api.messages(boris)[-1]["message_id"]}
    shown = api.messages(boris)[-1]
    assert (shown["from"], shown["caption"], shown["other"]) == ("bot", "#look", {})
    assert shown["photo"] and shown["reply_markup"] == KEYBOARD
    api.call("copyMessage", **place, caption="")
    assert api.messages(boris)[-1]["caption"] is None


def test_a_forward_tells_where_it_is_from(api):
    anna, boris = api.person(), api.person()
    channel = api.group(anna, type="channel", title="News")
    [said] = api.act(anna, "send", text="hello")["wrote"]
    [post] = api.act(anna, "send", chat_id=channel, text="news")["wrote"]

    def forward(source: int, message: int, to: int = boris) -> Any:
        place = {"chat_id": to, "from_chat_id": source, "message_id": message}
        return api.call("forwardMessage", **place)

    first = forward(anna, said)
    assert first["forward_origin"]["sender_user"]["id"] == anna
    assert first["from"]["is_bot"] and first["text"] == "hello"
    again = forward(boris, first["message_id"], to=anna)
    assert again["forward_origin"] == first["forward_origin"]
    origin = forward(channel, post)["forward_origin"]
    assert (origin["type"], origin["chat"]["id"], origin["message_id"]) == (
        "channel",
        channel,
        post,
    )


def test_several_at_once(api):
    anna, boris = api.person(), api.person()
    [first] = api.act(anna, "photo", caption="one")["wrote"]
    [second] = api.act(anna, "send", text="two")["wrote"]
    place = {"chat_id": boris, "from_chat_id": anna}
    copies = api.call("copyMessages", **place, message_ids=[first, second], remove_caption=True)
    forwards = api.call("forwardMessages", **place, message_ids=[first, second, 10**6])
    shown = api.messages(boris)[-4:]
    assert [message["message_id"] for message in copies + forwards] == [
        message["message_id"] for message in shown
    ]
    assert [message["caption"] or message["text"] for message in shown] == [
        None,
        "two",
        "one",
        "two",
    ]
    assert len(api.control("GET", "/record")["record"]) == 4


@pytest.mark.parametrize(
    ("method", "more", "description"),
    [
        ("copyMessage", {"message_id": 10**6}, "message to copy not found"),
        ("forwardMessage", {"message_id": 10**6}, "message to forward not found"),
        ("copyMessage", {"from_chat_id": 5}, "chat not found"),
        ("copyMessages", {"message_ids": []}, "message identifiers are not specified"),
        ("copyMessages", {"message_ids": [2, 1]}, "must be in a strictly increasing order"),
        ("forwardMessages", {"message_ids": "x"}, "can't parse message_ids JSON object"),
        ("forwardMessages", {"message_ids": [10**6]}, "there are no messages to forward"),
        ("copyMessages", {"message_ids": list(range(101))}, "too many message identifiers"),
    ],
)
def test_refusals(api, method, more, description):
    person = api.person()
    place = {"chat_id": person, "from_chat_id": person, **more}
    assert description in api.refused(method, **place).description


def test_what_is_protected_stays(api):
    person = api.person()
    sent = api.call("sendMessage", chat_id=person, text="x", protect_content=True)["message_id"]
    place = {"chat_id": person, "from_chat_id": person, "message_id": sent}
    assert api.refused("copyMessage", **place).description == (
        "Bad Request: the message can't be copied"
    )
    assert api.refused("forwardMessage", **place).description == (
        "Bad Request: the message can't be forwarded"
    )
