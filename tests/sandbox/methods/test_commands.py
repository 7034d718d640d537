"""The bot's commands, which differ by scope and language."""

import pytest


def test_commands_differ_by_scope_and_language(api):
    english = [{"command": "help", "description": "Help"}]
    russian = [{"command": "help", "description": "Помощь"}]
    assert api.call("setMyCommands", commands=english)
    assert api.call("setMyCommands", commands=russian, language_code="ru")
    scope = {"type": "chat", "chat_id": api.person()}
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
        (
            [{"command": "help"}],
            "Bad Request: can't parse BotCommand: Can't find field \"description\"",
        ),
        ([{"command": "a", "description": "x"}] * 101, "Bad Request: BOT_COMMANDS_TOO_MUCH"),
        ("[", "Bad Request: can't parse commands JSON object"),
        ({}, "Bad Request: expected an Array of BotCommand"),
    ],
)
def test_commands_that_are_refused(api, commands, description):
    assert api.refused("setMyCommands", commands=commands).description == description


@pytest.mark.parametrize(
    ("scope", "description"),
    [
        ("[", "can't parse BotCommandScope JSON object"),
        ([1], "can't parse BotCommandScope: BotCommandScope must be an Object"),
        ({"type": "moon"}, "can't parse BotCommandScope: Unsupported type specified"),
        ({"type": "chat"}, "chat_id is empty"),
        ({"type": "chat", "chat_id": 5}, "chat not found"),
    ],
)
def test_scopes_that_are_refused(api, scope, description):
    error = api.refused("getMyCommands", scope=scope)
    assert error.description == f"Bad Request: {description}"


def test_scopes_of_another_kind_of_chat(api):
    person = api.person()
    channel = api.group(person, type="channel")
    wrong = [("chat", channel), ("chat_administrators", person)]
    for kind, chat in wrong:
        scope = {"type": kind, "chat_id": chat}
        assert api.refused("setMyCommands", commands=[], scope=scope).code == 400
