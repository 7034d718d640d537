"""People who write to the bot, and their messages as Telegram words them."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from telebot.types import Message as TelegramMessage

from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.models import Message, Role
from appliance.services.inbox.message_parser import read
from support.people import add_chats, add_user

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
GROUP = -1005


@pytest.fixture
def telegram():
    """`telegram(text="hi")`: a message of Telegram in a private chat."""
    numbers = itertools.count(5)

    def telegram(**content: Any) -> TelegramMessage:
        chat = {"id": 1, "type": "private", "first_name": "Anna"}
        payload = {"message_id": next(numbers), "date": 1, "chat": chat, **content}
        return TelegramMessage.de_json(payload)  # type: ignore[no-any-return, no-untyped-call]

    return telegram


@pytest.fixture
def got(telegram):
    return lambda **content: read(telegram(**content))


@pytest.fixture
def know(database):
    """`know(1, status="blocked")`: chats with these ids."""

    def know(*chat_ids: int, **values: object) -> None:
        with database.writing() as session:
            add_chats(session, *chat_ids, **{"first_name": "Anna", **values})

    return know


@pytest.fixture
def enrol(database):
    def enrol(name: str, role: Role = Role.OPERATOR, disabled: bool = False) -> int:
        with database.writing() as session:
            return add_user(session, name.title(), role, disabled=disabled).id

    return enrol


@pytest.fixture
def group(database):
    """Makes GROUP the operators'."""

    def make(topics: bool = False, language: str = "en") -> None:
        with database.writing() as session:
            chats.remember(session, GROUP, type="supergroup", title="Desk", now=NOW)
            value = {"chat_id": GROUP, "topics": topics, "language": language}
            settings.put_setting(session, settings.OPERATORS, value)

    return make


@pytest.fixture
def queued(database):
    """What waits for a chat, in order."""

    def queued(chat_id: int) -> list[Message]:
        with database.reading() as session:
            rows = session.query(Message).filter_by(chat_id=chat_id, direction="out")
            return list(rows.order_by(Message.id))

    return queued
