"""Pressed buttons: all are answered, the known ones act."""

import pytest

from appliance.bot import keyboards
from appliance.models import ChatStatus
from appliance.services.i18n.catalog import phrase

GROUP = {"id": -100, "type": "supergroup", "title": "Choir"}


def test_start_again(desk):
    desk.say("/stop")
    desk.press("start:")
    assert desk.chat().status == ChatStatus.ACTIVE
    assert desk.answers() == [None]
    assert desk.said()[-1].startswith("Hello, Anna!")


def test_a_language_is_chosen(desk):
    desk.say("/language")
    desk.press("language:ru")
    assert desk.chat().language == "ru"
    answer, edit, reply, menu = desk.calls()[1:]
    assert answer[1]["text"] == phrase("ru", "language_set")
    assert edit == (
        "editMessageText",
        {
            "message_id": 77,
            "text": phrase("ru", "language_choose"),
            "parse_mode": "HTML",
            "reply_markup": keyboards.languages("ru"),
        },
    )
    assert reply[1]["reply_markup"] == keyboards.main_menu("ru")
    assert menu[0] == "setMyCommands"
    assert menu[1]["scope"] == {"type": "chat", "chat_id": 1001}
    help_ = {"command": "help", "description": "Что я умею"}
    assert help_ in menu[1]["commands"]
    desk.say("/help")  # the client still says English
    assert desk.calls()[-1][1]["text"] == phrase("ru", "help")


def test_the_same_language_changes_nothing(desk):
    desk.say("/language")
    desk.press("language:en")
    assert [method for method, _ in desk.calls()] == ["sendMessage", "answerCallbackQuery"]


def test_a_message_too_old_to_edit(desk):
    desk.press("language:ru", date=0)
    methods = [method for method, _ in desk.calls()]
    assert methods == ["answerCallbackQuery", "sendMessage", "setMyCommands"]


@pytest.mark.parametrize("data", ["old", "old:1", "", ":", None, "language:xx", "я" * 32])
def test_unknown_buttons_are_answered_politely(desk, data):
    desk.press(data)
    assert desk.answers() == [phrase("en", "button_old")]
    assert desk.said() == []


def test_a_press_in_another_s_chat_does_nothing(desk):
    desk.say("/start")
    other = {"id": 1001, "type": "private", "first_name": "Anna"}
    desk.press("language:ru", person=666, chat=other)
    desk.press("language:ru", chat=GROUP)
    assert desk.chat().language == "en"
    assert desk.answers() == desk.answers(-100) == [phrase("en", "button_old")]
    assert desk.chat(-100).language is None


def test_a_press_under_an_inline_message_passes(desk):
    update = desk.pressed("start:")
    del update["callback_query"]["message"]
    desk.feed(update)
    assert desk.calls() == []  # nobody the bot knows
    desk.say("/start")
    again = desk.pressed("start:")
    del again["callback_query"]["message"]
    desk.feed(again)
    assert desk.answers() == [phrase("en", "button_old")]


def test_a_banned_person_s_button_is_let_go_without_a_word(desk):
    desk.say("/language")
    with desk.database.writing() as session:
        session.get(type(desk.chat()), 1001).banned = True
    desk.press("language:ru")
    assert desk.chat().language == "en"
    assert desk.calls()[1:] == [("answerCallbackQuery", {"callback_query_id": "4242"})]
    desk.press("start:")
    assert desk.said()[-1].startswith("Hello, Anna!")
