"""Updates that telebot cannot read whole."""

import pytest

from appliance.bot.parsing import read_update

CHAT = {"id": 1001, "type": "private", "first_name": "Anna"}
ANNA = {"id": 1001, "is_bot": False, "first_name": "Anna"}
BRAND_NEW = {"type": "brandnew", "date": 1}


def message(**content):
    return {"message_id": 7, "date": 1, "chat": CHAT, "from": ANNA, **content}


def test_what_can_be_read_is_read_whole():
    origin = {"type": "hidden_user", "date": 1, "sender_user_name": "X"}
    found = read_update({"update_id": 1, "message": message(text="hi", forward_origin=origin)})
    assert (found.message.text, found.message.forward_origin.type) == ("hi", "hidden_user")


@pytest.mark.parametrize("part", ["message", "edited_message"])
def test_only_what_cannot_be_read_is_left_out(part):
    bold = [{"type": "bold", "offset": 0, "length": 2}]
    payload = message(text="hi", entities=bold, message_thread_id=5, forward_origin=BRAND_NEW)
    found = getattr(read_update({"update_id": 1, part: payload}), part)
    assert (found.message_id, found.text, found.content_type) == (7, "hi", "text")
    assert (found.chat.id, found.from_user.id, found.message_thread_id) == (1001, 1001, 5)
    assert (found.entities[0].type, found.forward_origin) == ("bold", None)


def test_a_reply_keeps_what_it_answers():
    asked = message(message_id=5, text="?", forward_origin=BRAND_NEW)
    found = read_update({"update_id": 1, "message": message(text="hi", reply_to_message=asked)})
    assert (found.message.text, found.message.reply_to_message.message_id) == ("hi", 5)
    assert found.message.reply_to_message.text == "?"


def test_a_message_without_an_author():
    """Of a channel, or of an administrator who writes in the group's name."""
    written = {"message_id": 7, "date": 1, "chat": CHAT, "text": "hi", "forward_origin": BRAND_NEW}
    found = read_update({"update_id": 1, "message": written}).message
    assert (found.text, found.from_user) == ("hi", None)


def test_a_kind_that_cannot_be_read_is_named():
    found = read_update({"update_id": 1, "message": message(gift={"gift": {"id": "g"}})})
    assert found.message.content_type == "gift"


def test_a_press_under_a_message_that_cannot_be_read():
    press = {"id": "1", "from": ANNA, "chat_instance": "1", "data": "x"}
    payload = {**press, "message": message(text="hi", forward_origin=BRAND_NEW)}
    query = read_update({"update_id": 1, "callback_query": payload}).callback_query
    assert (query.data, query.message.message_id) == ("x", 7)


def test_what_has_not_even_a_chat_is_not_read():
    with pytest.raises(KeyError):
        read_update({"update_id": 1, "message": {"message_id": 7, "date": 1, "text": "hi"}})


def test_the_payload_stays_as_it_came():
    payload = {"update_id": 1, "message": message(text="hi", forward_origin=BRAND_NEW)}
    before = repr(payload)
    read_update(payload)
    assert repr(payload) == before
