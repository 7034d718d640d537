"""What the bot says is what Telegram takes: every answer goes to the simulator, which checks it."""

import pytest

from appliance.crud.chats import chats, topics
from appliance.models import ChatType
from appliance.services.chats.command_menu import PEOPLE as COMMANDS
from support.stored_updates import handle_all


@pytest.fixture
def poller(make_poller):
    return make_poller()


@pytest.fixture
def talk(desk, phone, poller):
    """Lets the updates come, then sends what waits in the outbox, as the engine would."""
    sent = 0

    def run(person):
        nonlocal sent
        poller.poll_once(0)
        handle_all(desk.handler)
        assert [row.error for row in desk.rows() if row.error] == []
        calls = desk.calls(person)[sent:]
        sent += len(calls)
        for method, params in calls:
            target = {} if method == "answerCallbackQuery" else {"chat_id": person}
            answer = phone.call(method, **params, **target)
            assert answer["ok"], f"{method}: {answer}"
        return phone.messages(person)

    return run


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", ["Anna", "<b>Eve & 'co'</b>", "שלום 👩‍👩‍👧"])
def test_every_command(desk, phone, talk, language, name):
    person = phone.new(first_name=name, language_code=language)
    phone.start(person)
    desk.add_user(name)
    for command in COMMANDS:
        phone.send(person, f"/{command}")
    phone.send(person, "and now?")
    phone.send(person, "/nonsense")
    said = [message for message in talk(person) if message["from"] == "bot"]
    assert len(said) == len(COMMANDS) + 3
    assert name in said[0]["text"]


def test_linking(desk, phone, talk):
    person = phone.new(first_name="Anna", language_code="ru")
    phone.start(person, "A" * 64)
    phone.send(person, "/link")
    button = talk(person)[-1]["reply_markup"]["inline_keyboard"][0][0]
    assert button["url"].startswith("https://members.example.org/link#")


def test_buttons(phone, talk):
    person = phone.new(first_name="Anna", language_code="en")
    phone.start(person)
    phone.send(person, "/language")
    asked = talk(person)[-1]
    press = {"message_id": asked["message_id"], "data": "language:ru"}
    phone.ask(f"people/{person}/press", press)
    messages = talk(person)
    assert messages[-1]["text"] == "Теперь я говорю с вами по-русски."
    edited = next(found for found in messages if found["message_id"] == asked["message_id"])
    assert edited["text"] == "На каком языке мне с вами говорить?"
    (answer,) = phone.ask(f"callbacks?person={person}")["answers"]
    assert answer["answered"] and answer["text"] == messages[-1]["text"]


def test_what_an_admin_sees(desk, phone, talk):
    """The whole of /stats, /broadcast and /approve, with a name that is hard to write."""
    person = phone.new(first_name="Anna", language_code="ru")
    phone.start(person)
    talk(person)
    desk.link("admin", person)
    with desk.database.writing() as session:
        topics.add(session, "news", "<News> & שלום", "Новости")
        for number in range(12):
            chats.remember(session, -100 - number, type=ChatType.GROUP, title=f"שלום <{number}>")
    for said in ("/help", "/stats", "/broadcast", "Hello {first_name} <b>", "/approve", "/topics"):
        phone.send(person, said)
    said = [message for message in talk(person) if message["from"] == "bot"]
    phone.send(person, "/quiet 23:00-7:00")
    assert len(talk(person)) > len(said)
    data = [button["callback_data"] for row in _keyboard(said[-1]) for button in row]
    assert data == ["toggle:off:1"]
    for message in said:
        data = _first_button(phone, person, message["message_id"])
        if data is not None:
            press = {"message_id": message["message_id"], "data": data}
            phone.ask(f"people/{person}/press", press)
            talk(person)


def _first_button(phone, person, message_id):
    """The first button that stands under a message now."""
    for message in phone.messages(person):
        if message["message_id"] == message_id:
            for row in _keyboard(message):
                return row[0]["callback_data"]
    return None


def _keyboard(message):
    return (message.get("reply_markup") or {}).get("inline_keyboard", [])
