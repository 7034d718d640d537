"""Chats, people and messages of Telegram, as the database stores them."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from telebot.types import Chat as TelegramChat
from telebot.types import Message
from telebot.types import User as TelegramUser
from telebot.util import content_type_service

from appliance.crud.chats import chats
from appliance.models import Chat
from appliance.services.inbox.message_parser import storable

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?:\s+(.*))?", re.DOTALL)

# What Telegram reports about the chat itself (a pin, a new title, …). The list names these and not
# what people send: a kind that the next telebot knows counts as a message until it is added here.
_SERVICE = (
    set(content_type_service)
    | {"successful_payment", "connected_website", "passport_data", "web_app_data"}
) - {"giveaway_winners", "suggested_post_info"}

_TAKE_CODES = {"start", "link"}


@dataclass(frozen=True, slots=True)
class Command:
    """`/name@bot argument`; the name in lower case."""

    name: str
    bot: str | None
    argument: str


def parse_command(text: str | None) -> Command | None:
    """The command a text starts with, if it does."""
    match = _COMMAND.fullmatch(text or "")
    if match is None:
        return None
    return Command(match[1].lower(), match[2], (match[3] or "").strip())


def kept_text(command: Command, text: str) -> str:
    """What the thread shows of a command: not the argument where that may be a code for linking."""
    return f"/{command.name}" if command.argument and command.name in _TAKE_CODES else text


def hidden(command: Command) -> dict[str, Any] | None:
    """What tells a command from another of the same kept text: a digest of what is left out."""
    if not command.argument or command.name not in _TAKE_CODES:
        return None
    return {"argument": hashlib.sha256(storable(command.argument).encode()).hexdigest()[:32]}


def is_from_person(message: Message) -> bool:
    """Whether a person sent it, and not Telegram. A kind newer than this program counts as sent."""
    return message.content_type not in _SERVICE


def describe(message: Message) -> str:
    """The text to store; for other content its kind in brackets, with the caption."""
    if message.text is not None:
        return storable(message.text)
    content: str | None = message.content_type
    kind = f"[{content or 'message'}]"
    return storable(f"{kind} {message.caption}") if message.caption else kind


def remember(
    session: Session, chat: TelegramChat, person: TelegramUser | None, now: datetime
) -> Chat:
    """Store or update the chat; `person` gives the language of a private one."""
    return chats.remember(
        session,
        chat.id,
        type=chat.type,
        first_name=_cut(chat.first_name, 255),
        last_name=_cut(chat.last_name, 255),
        username=_cut(chat.username, 64),
        title=_cut(chat.title, 255),
        language=_cut(person.language_code, 8) if person else None,
        now=now,
    )


def _cut(value: str | None, length: int) -> str | None:
    # PostgreSQL refuses what is longer than its column, where SQLite would store it.
    return storable(value)[:length] if value else None
