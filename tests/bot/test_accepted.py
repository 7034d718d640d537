"""What the bot says is what Telegram takes: every answer goes to the simulator, which checks it."""

import pytest

from appliance.bot.texts import COMMANDS


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
        desk.handler.run_through()
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
    phone.post(
        f"/people/{person}/press", {"message_id": asked["message_id"], "data": "language:ru"}
    )
    messages = talk(person)
    assert messages[-1]["text"] == "Теперь я говорю с вами по-русски."
    edited = next(found for found in messages if found["message_id"] == asked["message_id"])
    assert edited["text"] == "На каком языке мне говорить?"
    (answer,) = phone.get(f"/callbacks?person={person}")["answers"]
    assert answer["answered"] and answer["text"] == messages[-1]["text"]
