"""The rules of topics: their names, and who may choose what."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from appliance.crud.chats import chats, topics
from appliance.errors import Conflict, Invalid, localized
from appliance.models import Chat, ChatType, Topic

TITLE_LIMIT = 100
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Choice:
    """A topic as one chat sees it."""

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
    """Make a topic; its title is its name unless said.

    Raises Invalid, or Conflict: the name is taken.
    """
    if not _NAME.fullmatch(name):
        message = localized(
            "invalid topic name {name!r}: expected 1 to 32 of a-z, 0-9, _ and -", name=name
        )
        raise Invalid.at("name", message)
    russian = _title("title_ru", title_ru) if title_ru else None
    return topics.add(session, name, _title("title", title or name), russian, default_on=default_on)


def remove(session: Session, name: str) -> None:
    """Forget a topic and what everybody chose about it.

    Raises NotFound, or Conflict while a broadcast that names it has yet to find its recipients:
    without the topic nobody would know any more who opted out.
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
    topics.remove(session, topic)


def title_of(topic: Topic, language: str) -> str:
    return (language == "ru" and topic.title_ru) or topic.title


def choices_of(session: Session, chat: Chat) -> list[Choice]:
    """Every topic by name, and whether the chat gets it."""
    chosen = topics.choices(session, chat.id)
    person = (
        chat.type == ChatType.PRIVATE
    )  # defaults are for people: see `crud/broadcasts/audience.py`
    return [
        Choice(topic, chosen.get(topic.id, topic.default_on and person))
        for topic in topics.list_all(session)
    ]


def choose_as_user(
    session: Session, user_id: int, wanted: Mapping[str, bool], now: datetime | None = None
) -> list[Choice]:
    """Keep a member's choices, those that change something; topics he does not name stay.

    Raises Conflict when no chat is linked, NotFound for an unknown topic.
    """
    chat = chats.get_by_user(session, user_id)
    if chat is None:
        raise Conflict(localized("your account is not linked to Telegram: link it first"))
    for name in wanted:
        topics.find(session, name)
    for choice in choices_of(session, chat):
        subscribed = wanted.get(choice.topic.name, choice.subscribed)
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
    """Keep what a button says. Returns whether that is another choice than before.

    A choice is kept even where it repeats the default: the default may change, the person meant it.
    """
    before = topics.choices(session, chat.id).get(topic.id)
    known = topics.was_recipient(session, chat.id, broadcast_id) if broadcast_id else False
    topics.choose(
        session,
        topic.id,
        chat.id,
        subscribed,
        broadcast_id=broadcast_id if known and not subscribed else None,
        now=now,
    )
    return before != subscribed


def _title(field: str, title: str) -> str:
    title = " ".join(title.split())
    if not 0 < len(title) <= TITLE_LIMIT or "\0" in title:
        message = localized("the title must have 1 to {limit} characters", limit=TITLE_LIMIT)
        raise Invalid.at(field, message)
    return title
