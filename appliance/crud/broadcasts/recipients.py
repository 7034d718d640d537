"""What a message must know of its recipients, read some hundred at a time.

How it may call them, and whether it is to arrive without a sound.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from appliance.models import Chat


class Person(NamedTuple):
    """A recipient's names as Telegram told them; a group's or channel's title is its first name."""

    first_name: str | None = None
    last_name: str | None = None
    username: str | None = None
    language: str | None = None


NOBODY = Person()


def people_of(session: Session, chat_ids: Iterable[int]) -> dict[int, Person]:
    """By chat id; a chat that is forgotten is left out (`NOBODY` stands for it)."""
    parameters = {"chats": list(chat_ids)}
    rows = session.connection().execute(_PEOPLE, parameters)
    return {chat_id: Person(*names) for chat_id, *names in rows}


# Built once: building a statement costs more than running it, and this runs with every claim.
_PEOPLE = select(
    Chat.id,
    func.coalesce(Chat.first_name, Chat.title),
    Chat.last_name,
    Chat.username,
    Chat.language,
).where(Chat.id.in_(bindparam("chats", expanding=True)))


class Quiet(NamedTuple):
    """When a chat wants no sound: `hours` as stored, by the clocks of `zone` (None: the site's)."""

    chat_id: int
    hours: str
    zone: str | None


def quiet_of(session: Session, chat_ids: Iterable[int]) -> list[Quiet]:
    """Of those among the chats that chose any; the others cost a look by key each."""
    rows = session.connection().execute(_QUIET, {"chats": list(chat_ids)})
    return [Quiet(chat_id, str(hours), zone) for chat_id, hours, zone in rows]


def anybody_quiet(session: Session) -> bool:
    """Whether any chat chose hours; a look into a partial index."""
    return session.connection().execute(_ANYBODY_QUIET).first() is not None


_ANYBODY_QUIET = select(Chat.id).where(Chat.quiet.is_not(None)).limit(1)
_QUIET = select(Chat.id, Chat.quiet, Chat.timezone).where(
    Chat.id.in_(bindparam("chats", expanding=True)), Chat.quiet.is_not(None)
)
