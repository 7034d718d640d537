"""A member's own messages on the site: their chat with the bot, and every broadcast meant for them.

The ledger of a broadcast names chats. For a member whose chat the bot does not know yet, the words
of its audience decide instead, as far as that is possible without a chat.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud.accounts import users
from appliance.crud.broadcasts import recipients
from appliance.crud.broadcasts.recipients import NOBODY, Person
from appliance.crud.chats import chats, topics
from appliance.crud.messages import member_messages
from appliance.crud.messages.member_messages import BROADCAST, MESSAGE, Account, Cursor, Entry
from appliance.errors import Invalid, localized
from appliance.models import MAX_ID, User
from appliance.services import content
from appliance.services.inbox.labels import with_kinds


@dataclass(frozen=True, slots=True)
class MemberMessage:
    """One entry of the list; `html` is safe to show, `state` is a delivery state's word."""

    id: str
    kind: str  # broadcast | in | out
    text: str
    html: str
    state: str | None
    at: datetime


def list_for_user(
    session: Session, user_id: int, limit: int, before: str | None = None
) -> list[MemberMessage]:
    """Newest first; with `before` only those that are older than the entry with that id.

    Raises NotFound for an unknown user, Invalid for an id that was not in an earlier page.
    """
    user = users.get(session, user_id)
    cursor = _parse(before) if before is not None else None
    chat = chats.get_by_user(session, user_id)
    meant = _meaning(user, topics.default_names(session))
    if chat is None:
        account = Account(meant, user.created_at)
        entries = member_messages.list_entries(session, None, limit, cursor, account)
        person = Person(first_name=user.name, language=user.language)
    else:  # broadcasts from before the bot knew the chat stay in the list
        account = Account(meant, user.created_at, chat.created_at)
        entries = member_messages.list_entries(session, chat.id, limit, cursor, account)
        person = recipients.people_of(session, [chat.id]).get(chat.id, NOBODY)
    return [_message(entry, person) for entry in entries]


def _meaning(user: User, default_topics: Sequence[str]) -> Callable[[dict[str, Any]], bool]:
    """A test for audiences as they are stored: whether this member, without a chat, is in them.

    They are neither `linked`, which needs a chat, nor `unlinked`: those are chats without an
    account.
    """
    language = user.language.lower()
    own = {"all", f"user:{user.id}", f"role:{user.role}"}
    own |= {f"lang:{language}", f"lang:{language.partition('-')[0]}"}
    own |= {f"topic:{name}" for name in default_topics}
    return lambda audience: (
        not own.isdisjoint(audience.get("to", ())) and own.isdisjoint(audience.get("not", ()))
    )


def _message(entry: Entry, person: Person) -> MemberMessage:
    """A broadcast is shown as this person got it: in their language, with their name."""
    broadcast = entry.cursor.kind == BROADCAST
    text = entry.text
    if entry.variants is not None:
        text = content.words_for(person, entry.text, entry.format, entry.variants)
    html = content.to_html(text, entry.format)
    return MemberMessage(
        id=_format(entry.cursor),
        kind=BROADCAST if broadcast else entry.direction,
        text=with_kinds(entry.kinds, text),
        html=with_kinds(entry.kinds, html),
        state=entry.state.word if entry.state is not None else None,
        at=entry.cursor.at,
    )


def _format(cursor: Cursor) -> str:
    # Whole microseconds, as both databases keep them: a rounded time would repeat or miss an entry.
    return f"{cursor.kind[0]}{cursor.id}-{round(cursor.at.timestamp() * 1_000_000)}"


def _parse(text: str) -> Cursor:
    kind = {BROADCAST[0]: BROADCAST, MESSAGE[0]: MESSAGE}.get(text[:1])
    number, _, microseconds = text[1:].partition("-")
    try:
        if kind is None:
            raise ValueError
        seconds, rest = divmod(int(microseconds), 1_000_000)
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
        if not 0 < int(number) <= MAX_ID:
            raise ValueError
        return Cursor(at, kind, int(number))
    except (ValueError, OverflowError, OSError):
        message = localized("invalid cursor {place!r}: start without one", place=text)
        raise Invalid.at("cursor", message) from None
