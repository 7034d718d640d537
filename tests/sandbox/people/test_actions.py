"""What people do, and the updates that tell of it."""

from typing import Any

import pytest

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}


def test_start_with_a_payload(api):
    person = api.person(started=False)
    assert api.act(person, "start", payload="CODE_1-x")["started"]
    [update] = api.updates()
    message = update["message"]
    assert message["text"] == "/start CODE_1-x"
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert message["from"]["id"] == message["chat"]["id"] == person


@pytest.mark.parametrize("payload", ["with space", "ж", "x" * 65])
def test_payloads_that_no_link_has(api, payload):
    person = api.person(started=False)
    assert api.try_control("POST", f"/people/{person}/start", {"payload": payload})[0] == 400
    assert api.updates() == []


def test_typing_starts_the_conversation(api):
    person = api.person(started=False)
    assert api.act(person, "send", text="  hello #club  ")["last_text"] == "hello #club"
    [update] = api.updates()
    assert update["message"]["entities"] == [{"type": "hashtag", "offset": 6, "length": 5}]
    assert api.call("sendMessage", chat_id=person, text="welcome")


@pytest.mark.parametrize("text", ["", "  ", "x" * 4097])
def test_texts_that_nobody_can_type(api, text):
    person = api.person()
    assert api.try_control("POST", f"/people/{person}/send", {"text": text})[0] == 400


def test_blocking_and_unblocking_are_told_once(api):
    person = api.person()
    for act in ("block", "block", "unblock", "unblock"):
        api.act(person, act)
    changes = [update["my_chat_member"] for update in api.updates()]
    states = [
        (change["old_chat_member"]["status"], change["new_chat_member"]["status"])
        for change in changes
    ]
    assert states == [("member", "kicked"), ("kicked", "member")]


def test_who_blocked_cannot_write_but_may_start_again(api):
    person = api.person()
    api.act(person, "block")
    status, document = api.try_control("POST", f"/people/{person}/send", {"text": "x"})
    assert (status, "unblock" in document["error"]) == (409, True)
    assert not api.act(person, "start")["blocked"]
    kinds = [next(kind for kind in update if kind != "update_id") for update in api.updates()]
    assert kinds == ["my_chat_member", "my_chat_member", "message"]


def test_pressing_what_is_not_there(api):
    person = api.person()
    sent = api.call("sendMessage", chat_id=person, text="x", reply_markup=KEYBOARD)["message_id"]

    def status(**body: Any) -> int:
        code: int = api.try_control("POST", f"/people/{person}/press", body)[0]
        return code

    assert status(message_id=sent, data="no") == 409
    assert status(message_id=999, data="yes") == 404
    assert status(message_id=sent) == 400
    api.call("deleteMessage", chat_id=person, message_id=sent)
    assert status(message_id=sent, data="yes") == 404
    assert api.updates() == []
