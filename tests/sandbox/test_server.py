"""The simulator as a server: where it listens, what it refuses, and real client libraries on it."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
import telebot
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.types import BotCommand, BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup
from telebot import apihelper

from appliance import config
from appliance.errors import ConfigError, Unavailable
from appliance.sandbox.server import Sandbox

PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")


def test_it_listens_on_loopback_only():
    with pytest.raises(ConfigError, match=r"0\.0\.0\.0.*loopback"):
        Sandbox(config.SANDBOX_TOKEN, host="0.0.0.0")


def test_it_refuses_a_real_token():
    with pytest.raises(ConfigError, match="real bot"):
        Sandbox("123456789:AAFakeFakeFakeFake")


def test_a_port_in_use_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"127.0.0.1:{port}"):
            Sandbox(config.SANDBOX_TOKEN, port=port).start()


def test_stop_may_come_twice_and_ends_a_long_poll(make_api):
    api = make_api()
    ended = threading.Event()

    def poll() -> None:
        with pytest.raises((OSError, ValueError)):
            api.call("getUpdates", timeout=50)
        ended.set()

    thread = threading.Thread(target=poll)
    thread.start()
    api.control("GET", "/stats")
    make_api.stop_all()
    make_api.stop_all()
    thread.join(10)
    assert ended.is_set()


def test_a_stopped_simulator_can_start_again(sandbox):
    url = sandbox.url
    sandbox.stop()
    sandbox.start()
    assert sandbox.url == url


def test_ipv6_loopback(make_api):
    try:
        api = make_api(host="::1")
    except Unavailable:
        pytest.skip("this machine has no IPv6")
    assert "[::1]" in api.url
    assert api.call("getMe")["is_bot"]


def run_aiogram(url: str, use: Callable[[Bot], Any]) -> Any:
    async def run() -> Any:
        session = AiohttpSession(api=TelegramAPIServer.from_base(url))
        async with Bot(config.SANDBOX_TOKEN, session=session) as bot:
            return await use(bot)

    return asyncio.run(run())


def test_aiogram_reads_every_answer(api):
    """Its types are strict about fields that Telegram always sends."""
    person = api.person(started=False, first_name="Anna", last_name="Orlova", username="anna")
    api.act(person, "start", payload="CODE_1")

    async def use(bot: Bot) -> None:
        me = await bot.get_me()
        assert me.is_bot and me.can_join_groups
        [update] = await bot.get_updates(timeout=1)
        assert update.message and update.message.text == "/start CODE_1"
        assert update.message.from_user and update.message.from_user.language_code in ("en", "ru")
        keyboard = InlineKeyboardMarkup(
            inline_keyboard=[[InlineKeyboardButton(text="Yes", callback_data="yes")]]
        )
        sent = await bot.send_message(
            person, "<b>Hello</b>", parse_mode="HTML", reply_markup=keyboard, protect_content=True
        )
        assert sent.entities and sent.entities[0].type == "bold" and sent.has_protected_content
        edited = await sent.edit_text("Goodbye")
        assert edited.edit_date
        photo = await bot.send_photo(person, BufferedInputFile(PIXEL, "pixel.gif"), caption="one")
        assert photo.photo and photo.photo[0].width == 1 and photo.caption == "one"
        document = await bot.send_document(person, BufferedInputFile(b"text", "a.txt"))
        assert document.document and document.document.file_name == "a.txt"
        content = await bot.download(document.document)
        assert content and content.read() == b"text"
        assert (await bot.get_chat(person)).first_name == "Anna"
        assert await bot.send_chat_action(person, "typing")
        assert await bot.set_my_commands([BotCommand(command="help", description="Help")])
        assert (await bot.get_my_commands())[0].command == "help"
        assert await bot.delete_message(person, sent.message_id)
        assert await bot.delete_messages(person, [photo.message_id, document.message_id])
        info = await bot.get_webhook_info()
        assert info.url == "" and info.pending_update_count == 1

    run_aiogram(api.url, use)


def test_aiogram_knows_the_errors(api):
    fresh = api.person(started=False)
    person = api.person()
    api.control("POST", "/faults", {"kind": "429", "retry_after": 7, "count": 1})

    async def use(bot: Bot) -> None:
        with pytest.raises(TelegramRetryAfter) as flood:
            await bot.send_message(person, "x")
        assert flood.value.retry_after == 7
        with pytest.raises(TelegramForbiddenError, match="can't initiate conversation"):
            await bot.send_message(fresh, "x")
        with pytest.raises(TelegramBadRequest, match="chat not found"):
            await bot.send_message(1, "x")

    run_aiogram(api.url, use)


def test_aiogram_reads_callbacks_and_membership(api):
    person = api.person()

    async def use(bot: Bot) -> None:
        keyboard = InlineKeyboardMarkup(
            inline_keyboard=[[InlineKeyboardButton(text="Yes", callback_data="yes")]]
        )
        sent = await bot.send_message(person, "Well?", reply_markup=keyboard)
        await asyncio.to_thread(api.act, person, "press", message_id=sent.message_id, data="yes")
        await asyncio.to_thread(api.act, person, "block")
        await asyncio.to_thread(api.act, person, "unblock")
        pressed, blocked, unblocked = await bot.get_updates()
        assert pressed.callback_query and pressed.callback_query.data == "yes"
        assert await pressed.callback_query.answer("Noted", show_alert=True)
        assert blocked.my_chat_member and blocked.my_chat_member.new_chat_member.status == "kicked"
        assert unblocked.my_chat_member
        assert unblocked.my_chat_member.new_chat_member.status == "member"

    run_aiogram(api.url, use)


def test_telebot_polls_unmodified(api, monkeypatch):
    """Its parameters travel in the address, 4096 Cyrillic letters of them too."""
    monkeypatch.setattr(apihelper, "API_URL", api.url + "/bot{0}/{1}")
    person = api.person()
    bot = telebot.TeleBot(config.SANDBOX_TOKEN, threaded=False)
    heard = threading.Event()

    @bot.message_handler(commands=["help"])
    def help_(message: telebot.types.Message) -> None:
        bot.reply_to(message, "ж" * 4096)
        heard.set()

    thread = threading.Thread(target=bot.polling, kwargs={"timeout": 1, "long_polling_timeout": 1})
    thread.start()
    api.act(person, "send", text="/help")
    assert heard.wait(10)
    bot.stop_polling()
    thread.join(10)
    apihelper._get_req_session(reset=True)
    assert api.messages(person)[-1]["text"] == "ж" * 4096
