"""/start, /help, /stop, /me, /language."""

import pytest

from appliance.bot import keyboards
from appliance.bot.texts import menu
from appliance.crud.chats import chats
from appliance.models import ChatStatus
from appliance.services import telegram_auth
from appliance.services.i18n.catalog import phrase


def test_start_welcomes_and_remembers(desk):
    desk.say("/start", language="ru")
    chat = desk.chat()
    assert (chat.name, chat.username, chat.language, chat.status) == (
        "Anna",
        "anna",
        "ru",
        ChatStatus.ACTIVE,
    )
    ((method, params),) = desk.calls()
    assert method == "sendMessage"
    assert params["text"] == phrase("ru", "welcome", name="Anna")
    assert params["reply_markup"] == keyboards.main_menu("ru")


def test_stop_and_start_again(desk):
    desk.say("/start")
    desk.say("/stop")
    assert desk.chat().status == ChatStatus.STOPPED
    assert desk.calls()[-1][1]["reply_markup"] == keyboards.restart("en")
    desk.say("hello?")  # writing is not asking for news
    assert desk.chat().status == ChatStatus.STOPPED
    desk.say("/start")
    assert desk.chat().status == ChatStatus.ACTIVE


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_link_to_the_bot_brings_no_news_back_to_who_stopped_it(desk, language):
    desk.say("/start", language=language)
    desk.say("/stop", language=language)
    user = desk.add_user()
    with desk.database.writing() as session:
        code = telegram_auth.start_link(session, user.id, desk.clock()).code
    desk.say(f"/start {code}", language=language)
    assert desk.chat().status == ChatStatus.STOPPED
    told = [params for _, params in desk.calls()][-2:]
    assert told[0]["text"] == phrase(language, "still_stopped")
    assert told[0]["reply_markup"] == keyboards.restart(language)
    desk.agree()
    assert (desk.chat().status, desk.chat().user_id) == (ChatStatus.STOPPED, user.id)
    desk.say("/start", language=language)
    assert desk.chat().status == ChatStatus.ACTIVE


def test_a_link_to_the_bot_after_it_was_blocked(desk):
    desk.say("/start")
    with desk.database.writing() as session:
        chats.set_status(session, 1001, ChatStatus.BLOCKED)
    desk.say("/start " + "x" * 32)
    assert desk.chat().status == ChatStatus.ACTIVE


def test_help(desk):
    desk.say("/help")
    assert desk.calls()[-1][1]["text"] == phrase("en", "help")


def test_help_for_an_admin(desk):
    desk.say("/start")
    desk.link("admin")
    desk.say("/help")
    said = desk.calls()[-1][1]["text"]
    assert said == f"{phrase('en', 'help')}\n\n{phrase('en', 'help_admin')}"


def test_me_tells_whose_account_it_is(desk):
    desk.say("/me")
    user = desk.add_user("Tom & Co")
    with desk.database.writing() as session:
        session.get(type(desk.chat()), 1001).user_id = user.id
    desk.say("/me")
    assert desk.said() == [
        "This chat is not linked to any account of the site. To link it: /link",
        f"This chat is linked to the account of Tom & Co ({user.email}).",
    ]


def test_language_offers_both(desk):
    desk.say("/language")
    assert desk.calls()[-1][1]["reply_markup"] == keyboards.languages("en")


def test_labels_stand_for_commands(desk):
    desk.say(menu("ru")["help"])  # a keyboard from before the language changed
    assert desk.calls()[-1][1]["text"] == phrase("en", "help")
    assert desk.heard() == [menu("ru")["help"]]
