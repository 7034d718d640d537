"""Commands, callbacks, chats, files and who the bot is."""

from typing import Any

import pytest

KEYBOARD = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]}


def test_the_bot_is_who_its_token_says(api: Any) -> None:
    me = api.call("getMe")
    assert (me["id"], me["is_bot"]) == (100001, True)


def test_a_callback_is_answered_once(api: Any) -> None:
    person = api.person()
    sent = api.call("sendMessage", chat_id=person, text="Well?", reply_markup=KEYBOARD)
    api.act(person, "press", message_id=sent["message_id"], data="yes")
    [update] = api.updates()
    query = update["callback_query"]
    assert query["data"] == "yes" and query["from"]["id"] == person
    assert query["message"]["reply_markup"] == KEYBOARD
    [waiting] = api.control("GET", f"/callbacks?person={person}")["answers"]
    assert waiting == {
        "id": query["id"],
        "data": "yes",
        "text": None,
        "show_alert": False,
        "answered": False,
    }
    answer = {"callback_query_id": query["id"], "text": "Noted", "show_alert": True}
    assert api.call("answerCallbackQuery", **answer) is True
    [answered] = api.control("GET", f"/callbacks?person={person}")["answers"]
    assert answered == {**waiting, "text": "Noted", "show_alert": True, "answered": True}
    assert api.refused("answerCallbackQuery", **answer).description == (
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
    )


def test_commands_differ_by_scope_and_language(api: Any) -> None:
    english = [{"command": "help", "description": "Help"}]
    russian = [{"command": "help", "description": "Помощь"}]
    assert api.call("setMyCommands", commands=english)
    assert api.call("setMyCommands", commands=russian, language_code="ru")
    scope = {"type": "chat", "chat_id": 5}
    assert api.call("getMyCommands") == english
    assert api.call("getMyCommands", scope={"type": "default"}) == english
    assert api.call("getMyCommands", language_code="ru") == russian
    assert api.call("getMyCommands", scope=scope) == []
    assert api.call("deleteMyCommands", language_code="ru")
    assert api.call("getMyCommands", language_code="ru") == []


@pytest.mark.parametrize(
    ("commands", "description"),
    [
        ([{"command": "Help!", "description": "x"}], "Bad Request: BOT_COMMAND_INVALID"),
        ([{"command": "help"}], "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"),
        ([{"command": "a", "description": "x"}] * 101, "Bad Request: BOT_COMMANDS_TOO_MUCH"),
        ("[", "Bad Request: can't parse commands JSON array"),
        ({}, "Bad Request: expected an Array of BotCommand"),
    ],
)
def test_commands_that_are_refused(api: Any, commands: Any, description: str) -> None:
    assert api.refused("setMyCommands", commands=commands).description == description


def test_a_chat(api: Any) -> None:
    person = api.person(first_name="Anna", username="anna")
    chat = api.call("getChat", chat_id=person)
    assert (chat["type"], chat["first_name"], chat["active_usernames"]) == (
        "private",
        "Anna",
        ["anna"],
    )
    assert api.refused("getChat", chat_id=5).description == "Bad Request: chat not found"


def test_an_unknown_file(api: Any) -> None:
    assert api.refused("getFile", file_id="nothing").description == (
        "Bad Request: wrong file_id or the file is temporarily unavailable"
    )
