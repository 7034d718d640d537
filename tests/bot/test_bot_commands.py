"""/start, /help, /stop, /me, /language."""

from appliance.bot import keyboards
from appliance.bot.texts import menu, say
from appliance.models import ChatStatus


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
    assert params["text"] == say("ru", "welcome", name="Anna")
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


def test_help(desk):
    desk.say("/help")
    assert desk.calls()[-1][1]["text"] == say("en", "help")


def test_help_for_an_admin(desk):
    desk.say("/start")
    desk.link("admin")
    desk.say("/help")
    said = desk.calls()[-1][1]["text"]
    assert said == f"{say('en', 'help')}\n\n{say('en', 'help_admin')}"


def test_me_tells_whose_account_it_is(desk):
    desk.say("/me")
    user = desk.add_user("Tom & Co")
    with desk.database.writing() as session:
        session.get(type(desk.chat()), 1001).user_id = user.id
    desk.say("/me")
    assert desk.said() == [
        "This chat is not linked to any account of the site. /link does that.",
        f"This chat is linked to the account of Tom & Co ({user.email}).",
    ]


def test_language_offers_both(desk):
    desk.say("/language")
    assert desk.calls()[-1][1]["reply_markup"] == keyboards.languages("en")


def test_labels_stand_for_commands(desk):
    desk.say(menu("ru")["help"])  # a keyboard from before the language changed
    assert desk.calls()[-1][1]["text"] == say("en", "help")
    assert desk.heard() == [menu("ru")["help"]]
