"""aiogram, a client library that is strict about the fields that Telegram always sends."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiogram import Bot, methods
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.types import BotCommand, BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup

from appliance import config
from appliance.sandbox.methods.table import METHODS

PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")


def test_all_methods_are_telegrams():
    known = {name[0].lower() + name[1:] for name in methods.__all__}
    assert set(METHODS) <= known


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
