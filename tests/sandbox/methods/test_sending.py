"""Sending, editing and deleting, and Telegram's words when it will not."""

from typing import Any

import pytest

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are"
    " exactly the same as a current content and reply markup of the message"
)


def test_a_message_as_telegram_sends_it(api):
    person = api.person(first_name="Anna", last_name="Orlova", username="anna")
    sent = api.call(
        "sendMessage",
        chat_id=person,
        text="Hello, <i>Anna</i>",
        parse_mode="html",
        protect_content=True,
        disable_notification=True,
        link_preview_options={"is_disabled": True},
    )
    message_id, date = sent.pop("message_id"), sent.pop("date")
    assert message_id > 0 and date > 1_600_000_000
    assert sent == {
        "from": {
            "id": 100001,
            "is_bot": True,
            "first_name": "Sandbox",
            "username": "appliance_sandbox_bot",
        },
        "chat": {
            "id": person,
            "first_name": "Anna",
            "last_name": "Orlova",
            "username": "anna",
            "type": "private",
        },
        "text": "Hello, Anna",
        "entities": [{"type": "italic", "offset": 7, "length": 4}],
        "link_preview_options": {"is_disabled": True},
        "has_protected_content": True,
    }
    assert api.messages(person)[-1]["silent"]


def test_ids_go_up_in_a_chat(api):
    first, second = api.person(), api.person()
    sent = [api.call("sendMessage", chat_id=p, text="x") for p in (first, second, first)]
    ids = [message["message_id"] for message in sent]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("", "Bad Request: message text is empty"),
        (" \n ", "Bad Request: text must be non-empty"),
        ("<b> </b>", "Bad Request: text must be non-empty"),
        ("x" * 4097, "Bad Request: message is too long"),
        (
            "é<x>",
            'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 2',
        ),
    ],
)
def test_texts_that_are_refused(api, text, description):
    person = api.person()
    error = api.refused("sendMessage", chat_id=person, text=text, parse_mode="HTML")
    assert (error.code, error.description) == (400, description)
    assert api.control("GET", "/record")["record"] == []


def test_4096_are_counted_after_parsing(api):
    text = "<b>" + "😀" * 4096 + "</b>"
    sent = api.call("sendMessage", chat_id=api.person(), text=text, parse_mode="HTML")
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 8192}]


def test_who_cannot_be_written_to(api):
    fresh, blocker = api.person(started=False), api.person()
    api.act(blocker, "block")
    errors = {
        chat: api.refused("sendMessage", chat_id=chat, text="x")
        for chat in (fresh, blocker, 1, "@nobody", "abc", "")
    }
    assert [(error.code, error.description) for error in errors.values()] == [
        (403, "Forbidden: bot can't initiate conversation with a user"),
        (403, "Forbidden: bot was blocked by the user"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: chat_id is empty"),
    ]


def test_a_username_names_a_chat(api):
    person = api.person(username="Anna_O")
    assert api.call("sendMessage", chat_id="@anna_o", text="x")["chat"]["id"] == person


def test_replies(api):
    person = api.person()
    api.act(person, "send", text="question")
    question = api.messages(person)[-1]["message_id"]
    reply = {"chat_id": person, "text": "answer"}
    sent = api.call("sendMessage", **reply, reply_parameters={"message_id": question})
    assert sent["reply_to_message"]["text"] == "question"
    assert api.call("sendMessage", **reply, reply_to_message_id=sent["message_id"])
    assert (
        api.refused("sendMessage", **reply, reply_parameters={"message_id": 999}).description
        == "Bad Request: message to be replied not found"
    )
    lenient = {"message_id": 999, "allow_sending_without_reply": True}
    assert api.call("sendMessage", **reply, reply_parameters=lenient)


def test_an_edit_takes_the_keyboard_away(api):
    person = api.person()
    sent = api.call("sendMessage", chat_id=person, text="a", reply_markup=KEYBOARD)
    place = {"chat_id": person, "message_id": sent["message_id"]}
    edited = api.call("editMessageText", **place, text="<b>b</b>", parse_mode="HTML")
    assert edited["text"] == "b" and "reply_markup" not in edited and edited["edit_date"]
    shown = api.messages(person)[-1]
    assert (shown["text"], shown["html"], shown["edit_date"]) == (
        "b",
        "<b>b</b>",
        edited["edit_date"],
    )
    assert api.call("editMessageReplyMarkup", **place, reply_markup=KEYBOARD)["reply_markup"]


def test_edits_that_are_refused(api):
    person = api.person()
    sent = api.call("sendMessage", chat_id=person, text="a")
    own = api.messages(person)[0]["message_id"]
    edit = {"chat_id": person, "text": "b"}

    def words(**changes: Any) -> str:
        description: str = api.refused("editMessageText", **{**edit, **changes}).description
        return description

    assert words(message_id=sent["message_id"], text="a") == NOT_MODIFIED
    assert words(message_id=999) == "Bad Request: message to edit not found"
    assert words() == "Bad Request: message identifier is not specified"
    assert words(message_id=own) == "Bad Request: message can't be edited"
    markup = {"keyboard": [["a"]]}
    assert words(message_id=sent["message_id"], reply_markup=markup) == (
        "Bad Request: inline keyboard expected"
    )
    api.call("deleteMessage", chat_id=person, message_id=sent["message_id"])
    assert words(message_id=sent["message_id"]) == "Bad Request: message to edit not found"


def test_captions(api):
    person = api.person()
    photo = {"chat_id": person, "photo": "https://example.com/cat.gif"}
    sent = api.call("sendPhoto", **photo, caption="<b>Cat</b>", parse_mode="HTML")
    assert sent["caption_entities"] == [{"type": "bold", "offset": 0, "length": 3}]
    place = {"chat_id": person, "message_id": sent["message_id"]}
    assert api.call("editMessageCaption", **place, caption="Dog")["caption"] == "Dog"
    assert api.refused("editMessageText", **place, text="x").description == (
        "Bad Request: there is no text in the message to edit"
    )
    assert api.refused("sendPhoto", **photo, caption="x" * 1025).description == (
        "Bad Request: message caption is too long"
    )
    text = api.call("sendMessage", chat_id=person, text="x")["message_id"]
    assert (
        api.refused("editMessageCaption", chat_id=person, message_id=text, caption="x").description
        == "Bad Request: there is no caption in the message to edit"
    )


def test_deleting(api):
    person = api.person()
    ids = [api.call("sendMessage", chat_id=person, text="x")["message_id"] for _ in range(3)]
    assert api.call("deleteMessage", chat_id=person, message_id=ids[0]) is True
    again = api.refused("deleteMessage", chat_id=person, message_id=ids[0])
    assert again.description == "Bad Request: message to delete not found"
    assert api.call("deleteMessages", chat_id=person, message_ids=[*ids, 999]) is True
    shown = {message["message_id"]: message["deleted"] for message in api.messages(person)}
    assert [shown[message_id] for message_id in ids] == [True, True, True]


@pytest.mark.parametrize(
    ("ids", "description"),
    [
        ([], "Bad Request: message identifiers are not specified"),
        (list(range(1, 102)), "Bad Request: too many message identifiers specified"),
        ("[", "Bad Request: can't parse message_ids JSON object"),
        ({"a": 1}, "Bad Request: expected an Array of message identifiers"),
    ],
)
def test_lists_of_ids_that_are_refused(api, ids, description):
    error = api.refused("deleteMessages", chat_id=api.person(), message_ids=ids)
    assert error.description == description


def test_chat_actions(api):
    person = api.person()
    assert api.call("sendChatAction", chat_id=person, action="typing") is True
    error = api.refused("sendChatAction", chat_id=person, action="dancing")
    assert error.description == "Bad Request: wrong parameter action in request"
