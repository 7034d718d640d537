"""The library that the bot is made with, unmodified, against the simulator: polling and webhook."""

import json
import threading

import pytest
import telebot
from telebot import apihelper, types

from appliance import config
from support.bot_api import UPDATE_KINDS
from support.network import QuietHandler, serving

KEYBOARD = types.InlineKeyboardMarkup().add(types.InlineKeyboardButton("Yes", callback_data="yes"))


@pytest.fixture
def bot(api, monkeypatch):
    monkeypatch.setattr(apihelper, "API_URL", api.url + "/bot{0}/{1}")
    monkeypatch.setattr(apihelper, "FILE_URL", api.url + "/file/bot{0}/{1}")
    yield telebot.TeleBot(config.SANDBOX_TOKEN, threaded=False)
    apihelper._get_req_session(reset=True)


@pytest.fixture
def polling(bot, api):
    """`infinity_polling` in a thread, begun by `start`."""
    thread = threading.Thread(
        target=bot.infinity_polling,
        kwargs={"timeout": 1, "long_polling_timeout": 1, "allowed_updates": UPDATE_KINDS},
    )
    bot.start = thread.start
    yield bot
    bot.stop_polling()
    if thread.ident:
        thread.join(20)
        assert not thread.is_alive()


def test_infinity_polling(polling, api, wait_until):
    person, seen = api.person(), []

    @polling.message_handler(commands=["ask"])
    def ask(message: types.Message) -> None:
        polling.reply_to(message, "ж" * 4096, reply_markup=KEYBOARD)

    @polling.callback_query_handler(lambda query: query.data == "yes")
    def answer(query: types.CallbackQuery) -> None:
        polling.answer_callback_query(query.id, "Noted")
        polling.edit_message_text("Thanks", query.message.chat.id, query.message.message_id)

    @polling.message_handler(content_types=["photo"])
    def photo(message: types.Message) -> None:
        file = polling.get_file(message.photo[-1].file_id)
        seen.append((message.photo[-1].width, polling.download_file(file.file_path)[:6]))

    @polling.message_reaction_handler()
    def reaction(event: types.MessageReactionUpdated) -> None:
        seen.append(event.new_reaction[0].emoji)

    polling.start()
    api.act(person, "send", text="/ask")
    asked = wait_until(lambda: [m for m in api.messages(person) if m["from"] == "bot"])[0]
    assert asked["text"] == "ж" * 4096 and asked["reply_to"]
    api.act(person, "press", message_id=asked["message_id"], data="yes")
    wait_until(lambda: api.messages(person)[-1]["text"] == "Thanks")
    api.act(person, "photo", caption="look")
    api.act(person, "react", message_id=asked["message_id"], emoji="👍")
    wait_until(lambda: len(seen) == 2)
    assert seen == [(800, b"GIF89a"), "👍"]
    [told] = api.control("GET", f"/callbacks?person={person}")["answers"]
    assert (told["text"], told["answered"]) == ("Noted", True)


def test_infinity_polling_in_a_group(polling, api, wait_until):
    person, seen = api.person(), []

    @polling.my_chat_member_handler()
    def membership(change: types.ChatMemberUpdated) -> None:
        seen.append(change.new_chat_member.status)

    @polling.message_handler(commands=["topic"])
    def topic(message: types.Message) -> None:
        made = polling.create_forum_topic(message.chat.id, "Talk")
        where = {"message_thread_id": made.message_thread_id}
        polling.send_message(message.chat.id, "here", **where)
        polling.pin_chat_message(message.chat.id, message.message_id)
        seen.append(polling.get_chat(message.chat.id).pinned_message.text)
        seen.extend(m.status for m in polling.get_chat_administrators(message.chat.id))

    polling.start()
    body = {"type": "supergroup", "is_forum": True, "creator": person, "bot": "administrator"}
    chat = api.control("POST", "/chats", body)["id"]
    wait_until(lambda: seen)  # of one batch the library would handle the messages first
    api.act(person, "send", chat_id=chat, text="/topic@appliance_sandbox_bot")
    wait_until(lambda: len(seen) == 4)
    assert seen[0] == "administrator" and seen[1].startswith("/topic")
    assert sorted(seen[2:]) == ["administrator", "creator"]
    [thread] = [topic["id"] for topic in api.control("GET", f"/chats/{chat}")["topics"]]
    shown = api.control("GET", f"/chats/{chat}/messages?thread={thread}")["messages"]
    assert [message["text"] for message in shown] == ["", "here"]


def test_its_webhook_types(bot, api, wait_until):
    """What the webhook posts goes through the library's own reader and handlers."""
    heard: list[str] = []
    bot.message_handler(content_types=["text", "voice"])(lambda m: heard.append(m.content_type))
    bot.edited_message_handler()(lambda message: heard.append(message.text))
    bot.my_chat_member_handler()(lambda change: heard.append(change.new_chat_member.status))

    class Site(QuietHandler):
        def do_POST(self) -> None:
            body = self.read_body()
            assert self.headers["X-Telegram-Bot-Api-Secret-Token"] == "s3cret"
            bot.process_new_updates([types.Update.de_json(json.loads(body))])
            self.answer(200)

    person = api.person()
    with serving(Site) as site:
        url = f"{site}/hook"
        assert bot.set_webhook(url, secret_token="s3cret", allowed_updates=UPDATE_KINDS)
        [wrote] = api.act(person, "send", text="hello")["wrote"]
        api.act(person, "voice", duration=3)
        api.act(person, "edit", message_id=wrote, text="hello!")
        api.act(person, "block")
        wait_until(lambda: len(heard) == 4)
        info = bot.get_webhook_info()
    assert heard == ["text", "voice", "hello!", "kicked"]
    assert (info.url, info.allowed_updates) == (url, UPDATE_KINDS)
    assert bot.delete_webhook(drop_pending_updates=True)
