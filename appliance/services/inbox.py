"""A member's web inbox: what was said in their chat, and every broadcast meant for them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from appliance.crud import chats, inbox, recipients
from appliance.crud.inbox import BROADCAST, MESSAGE, Line, Place
from appliance.crud.recipients import NOBODY, Person
from appliance.errors import Fault, Invalid, say
from appliance.models import MAX_ID
from appliance.services import content
from appliance.services.conversations.desk import with_kinds


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One line of the inbox; `html` is safe to show, `state` is a delivery state's word."""

    id: str
    kind: str  # broadcast | in | out
    text: str
    html: str
    state: str | None
    at: datetime


def list_for_user(
    session: Session, user_id: int, limit: int, before: str | None = None
) -> list[InboxItem]:
    """Newest first, from before the item with that id.

    Raises Invalid for an id that no page gave.
    """
    chat = chats.get_by_user(session, user_id)
    if chat is None:
        return []
    place = _parse(before) if before is not None else None
    person = recipients.people_of(session, [chat.id]).get(chat.id, NOBODY)
    return [_item(line, person) for line in inbox.lines(session, chat.id, limit, place)]


def _item(line: Line, person: Person) -> InboxItem:
    """A broadcast as this person got it: in their language, with their name."""
    broadcast = line.place.kind == BROADCAST
    text = line.text
    if line.variants is not None:
        text = content.words_for(person, line.text, line.format, line.variants)
    html = content.to_html(text, line.format)
    return InboxItem(
        id=_format(line.place),
        kind=BROADCAST if broadcast else line.direction,
        text=with_kinds(line.kinds, text),
        html=with_kinds(line.kinds, html),
        state=line.state.word if line.state is not None else None,
        at=line.place.at,
    )


def _format(place: Place) -> str:
    return f"{place.kind[0]}{place.id}-{round(place.at.timestamp() * 1_000_000)}"


def _parse(text: str) -> Place:
    kind = {BROADCAST[0]: BROADCAST, MESSAGE[0]: MESSAGE}.get(text[:1])
    number, _, microseconds = text[1:].partition("-")
    try:
        if kind is None:
            raise ValueError
        seconds, rest = divmod(int(microseconds), 1_000_000)
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
        if not 0 < int(number) <= MAX_ID:
            raise ValueError
        return Place(at, kind, int(number))
    except (ValueError, OverflowError, OSError):
        message = say("{place!r} is no place in the inbox", place=text)
        raise Invalid(message, (Fault("cursor", message),)) from None
