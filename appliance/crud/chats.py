"""Chats: what the bot knows of people, groups and channels on Telegram."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from appliance.errors import NotFound, say
from appliance.models import MAX_ID, Chat, ChatStatus, ChatType, Message, utcnow

_CHAT_ID = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class ChatFilter:
    """What a list of chats is narrowed to; None does not narrow. `query` matches names and ids."""

    query: str | None = None
    status: str | None = None
    linked: bool | None = None


def get(session: Session, chat_id: int) -> Chat | None:
    return session.get(Chat, chat_id) if abs(chat_id) <= MAX_ID else None


def find(session: Session, chat_id: int) -> Chat:
    """Raises NotFound."""
    chat = get(session, chat_id)
    if chat is None:
        raise NotFound(
            say("there is no chat {id}; `appliance chat list` shows the known ones", id=chat_id)
        )
    return chat


def get_by_user(session: Session, user_id: int) -> Chat | None:
    return session.scalar(select(Chat).where(Chat.user_id == user_id))


def remember(
    session: Session,
    chat_id: int,
    *,
    type: str = ChatType.PRIVATE,
    first_name: str | None = None,
    last_name: str | None = None,
    username: str | None = None,
    title: str | None = None,
    language: str | None = None,
    activate: bool = False,
    now: datetime | None = None,
) -> Chat:
    """Make the chat known, or bring its names up to date.

    A status changes only with `activate`. A language is only filled in, never overwritten: the
    person may have chosen another with /language.
    """
    now = now or utcnow()
    chat = session.get(Chat, chat_id)
    if chat is None:
        chat = Chat(id=chat_id, status=ChatStatus.ACTIVE, created_at=now)
        session.add(chat)
    chat.type = type
    chat.first_name, chat.last_name = first_name, last_name
    chat.username, chat.title = username, title
    chat.language = chat.language or language
    chat.updated_at = now
    if activate:
        chat.status = ChatStatus.ACTIVE
    session.flush()
    return chat


def set_status(
    session: Session, chat_id: int, status: ChatStatus, now: datetime | None = None
) -> None:
    """Change whether the bot may write there; an unknown chat is passed over."""
    chat = session.get(Chat, chat_id)
    if chat is not None and chat.status != status:
        chat.status = status
        chat.updated_at = now or utcnow()
        session.flush()


def migrate(session: Session, old: int, new: int, now: datetime | None = None) -> None:
    """A group became a supergroup: what is known of it moves to the new id, a /stop too."""
    was = session.get(Chat, old)
    if was is None:
        return
    unknown = session.get(Chat, new) is None
    chat = remember(
        session,
        new,
        type=ChatType.SUPERGROUP,
        title=was.title,
        username=was.username,
        language=was.language,
        now=now,
    )
    if unknown or was.status == ChatStatus.STOPPED:
        chat.status = was.status
    session.execute(update(Message).where(Message.chat_id == old).values(chat_id=chat.id))
    session.delete(was)
    session.flush()


def list_page(
    session: Session, narrow: ChatFilter, limit: int, after: int | None = None
) -> Sequence[Chat]:
    """Chats by id, from after `after`, with their users."""
    query = _narrowed(select(Chat).options(joinedload(Chat.user)), narrow).order_by(Chat.id)
    if after is not None:
        query = query.where(Chat.id > after)
    return session.scalars(query.limit(limit)).all()


def zones(session: Session) -> set[str | None]:
    """The time zones of chats; None where one has none of its own."""
    return set(session.scalars(select(Chat.timezone).distinct()))


def count(session: Session, narrow: ChatFilter) -> int:
    return session.scalar(_narrowed(select(func.count(Chat.id)), narrow)) or 0


def _narrowed(query: Select, narrow: ChatFilter) -> Select:  # type: ignore[type-arg]
    if narrow.status:
        query = query.where(Chat.status == narrow.status)
    if narrow.linked is not None:
        query = query.where(Chat.user_id.is_not(None) if narrow.linked else Chat.user_id.is_(None))
    if narrow.query:
        words = narrow.query.strip().removeprefix("@")
        names = (Chat.first_name, Chat.last_name, Chat.username, Chat.title)
        matches = [name.icontains(words, autoescape=True) for name in names]
        if _CHAT_ID.fullmatch(words) and abs(int(words)) <= MAX_ID:
            matches.append(Chat.id == int(words))
        query = query.where(or_(*matches))
    return query
