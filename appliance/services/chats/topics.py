"""The rules of topics: their names, and who may choose what."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from appliance.crud.chats import chats, topics
from appliance.errors import Conflict, Invalid, localized
from appliance.models import Chat, ChatType, Topic

TITLE_LIMIT = 100  # characters, of the column
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic, and whether one chat is subscribed to it."""

    topic: Topic
    subscribed: bool


def add(
    session: Session,
    name: str,
    title: str | None = None,
    title_ru: str | None = None,
    *,
    default_on: bool = True,
) -> Topic:
    """Make a topic; without a title its name is the title.

    Raises Invalid. Raises Conflict where the name is taken.
    """
    if not _NAME.fullmatch(name):
        message = localized(
            "invalid topic name {name!r}: expected 1 to 32 of a-z, 0-9, _ and -", name=name
        )
        raise Invalid.at("name", message)
    russian = _title("title_ru", title_ru) if title_ru else None
    return topics.add(session, name, _title("title", title or name), russian, default_on=default_on)


def remove(session: Session, name: str) -> None:
    """Delete a topic and everybody's choices about it.

    Raises NotFound. Raises Conflict while a broadcast that names it has not found its recipients
    yet: without the topic it would not be known who opted out; and while a schedule names it.
    """
    topic = topics.find(session, name)
    if waiting := topics.unfrozen(session, topic):
        raise Conflict(
            localized(
                "topic {name} is in the audience of broadcast {id}: cancel the broadcast first",
                name=name,
                id=waiting[0],
            )
        )
    if names := topics.schedules_of(session, topic):
        raise Conflict(
            localized(
                "topic {name} is in the audience of schedule {schedule}: delete the schedule first",
                name=name,
                schedule=names[0],
            )
        )
    topics.remove(session, topic)


def title_of(topic: Topic, language: str) -> str:
    return (language == "ru" and topic.title_ru) or topic.title


def choices_of(session: Session, chat: Chat) -> list[Choice]:
    """Every topic by name, and whether the chat gets it."""
    chosen = topics.choices(session, chat.id)
    # Defaults are for people only: see `crud/broadcasts/audience.py`.
    person = chat.type == ChatType.PRIVATE
    return [
        Choice(topic, chosen.get(topic.id, topic.default_on and person))
        for topic in topics.list_all(session)
    ]


def choose_as_user(
    session: Session, user_id: int, choices: Mapping[str, bool], now: datetime | None = None
) -> list[Choice]:
    """Store a member's choices about the topics in `choices`; about the others nothing changes.

    Raises Conflict when no chat is linked, NotFound for an unknown topic.
    """
    chat = chats.get_by_user(session, user_id)
    if chat is None:
        raise Conflict(localized("your account is not linked to Telegram: link it first"))
    # All are looked up before one is stored: with an unknown name nothing changes.
    for name in choices:
        topics.find(session, name)
    for choice in choices_of(session, chat):
        subscribed = choices.get(choice.topic.name, choice.subscribed)
        if subscribed != choice.subscribed:
            topics.choose(session, choice.topic.id, chat.id, subscribed, now=now)
    return choices_of(session, chat)


def press(
    session: Session,
    chat: Chat,
    topic: Topic,
    subscribed: bool,
    broadcast_id: int | None,
    now: datetime,
) -> bool:
    """Store the choice of a pressed button. Returns whether it is another one than before.

    It is stored even where it equals the default, for the default may change later. That a
    broadcast's button was pressed is counted only where the broadcast was for this chat.
    """
    before = topics.choices(session, chat.id).get(topic.id)
    was_recipient = topics.was_recipient(session, chat.id, broadcast_id) if broadcast_id else False
    topics.choose(
        session,
        topic.id,
        chat.id,
        subscribed,
        broadcast_id=broadcast_id if was_recipient and not subscribed else None,
        now=now,
    )
    return before != subscribed


def _title(field: str, title: str) -> str:
    title = " ".join(title.split())
    if not 0 < len(title) <= TITLE_LIMIT or "\0" in title:
        message = localized("the title must have 1 to {limit} characters", limit=TITLE_LIMIT)
        raise Invalid.at(field, message)
    return title
