"""Reading what Telegram tells of chats, people and messages."""

import pytest
from telebot.types import Message

from appliance.bot.people import (
    Command,
    chat_id_of,
    describe,
    is_from_person,
    parse_command,
    storable,
)

PRIVATE = {"id": 1001, "type": "private", "first_name": "Anna"}


def message(**content):
    return Message.de_json({"message_id": 1, "date": 1, "chat": PRIVATE, **content})


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/start", Command("start", None, "")),
        ("/START", Command("start", None, "")),
        ("/start " + "A" * 64, Command("start", None, "A" * 64)),
        ("/link@Club_bot  now\nplease ", Command("link", "Club_bot", "now\nplease")),
        ("/start שלום 👩‍👩‍👧", Command("start", None, "שלום 👩‍👩‍👧")),
        ("/", None),
        ("/старт", None),
        ("/a/b", None),
        ("/" + "a" * 33, None),
        (" /start", None),
        ("start", None),
        ("", None),
        (None, None),
    ],
)
def test_commands_are_parsed(text, command):
    assert parse_command(text) == command


PHOTO = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
VOICE = {"file_id": "f", "file_unique_id": "u", "duration": 1}


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ({"text": "שלום 👋"}, "שלום 👋"),
        ({"photo": PHOTO}, "[photo]"),
        ({"photo": PHOTO, "caption": "at sea"}, "[photo] at sea"),
        ({"voice": VOICE}, "[voice]"),
        ({"newer_than_us": {"x": 1}}, "[message]"),
    ],
)
def test_every_kind_is_described(content, kept):
    found = message(**content)
    assert is_from_person(found)
    assert describe(found) == kept


def test_what_telegram_itself_says_is_nobody_s_message():
    assert not is_from_person(message(group_chat_created=True))


def test_text_becomes_storable():
    assert storable("a\0b\ud800c") == "ab?c"
    assert len(storable("x" * 10_000_000)) == 16_000


@pytest.mark.parametrize(
    ("payload", "chat_id"),
    [
        ({"update_id": 1, "message": {"chat": {"id": -5}}}, -5),
        ({"update_id": 1, "callback_query": {"id": "1", "message": {"chat": {"id": 7}}}}, 7),
        ({"update_id": 1, "my_chat_member": {"chat": {"id": 8}}}, 8),
        ({"update_id": 1, "of_the_future": {"chat": {"id": 9}}}, 9),
        ({"update_id": 1, "poll": {"id": "1"}}, None),
        ({"update_id": 1, "message": {"chat": "what?"}, "x": {"message": []}}, None),
        ({"update_id": 1}, None),
    ],
)
def test_an_update_s_chat_is_found(payload, chat_id):
    assert chat_id_of(payload) == chat_id
