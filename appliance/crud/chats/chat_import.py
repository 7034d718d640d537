"""Chats by the thousand: taking in a list, and walking through all of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.crud.chats import topics
from appliance.errors import Conflict
from appliance.models import Base, Chat, ChatStatus, ChatType, Subscription, Topic

FILLED = ("first_name", "last_name", "username", "title", "language", "timezone")
"""What a list may add to a chat that is known already, where nothing is known."""


@dataclass(slots=True)
class Entry:
    """One chat of a list; `values` are columns of `chats`, `topics` choices by topic id."""

    chat_id: int
    type: str
    status: str = ChatStatus.ACTIVE
    values: dict[str, str] = field(default_factory=dict)
    topics: dict[int, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many chats of a batch are new, and how many known ones learned something."""

    added: int
    updated: int


def take_in(session: Session, entries: Sequence[Entry], now: datetime) -> Taken:
    """Add the chats that are new; fill in what is missing of the others.

    What is known stays: names, a choice about a topic, above all the status and the account. The
    same batch again changes nothing. Each chat at most once a batch.
    """
    # One query for the batch: 1,000 rows take 25 ms, and that is under the write lock.
    stored = _known(session, [entry.chat_id for entry in entries])
    new = [entry for entry in entries if entry.chat_id not in stored]
    _add(session, new, now)
    filled = _fill(session, ((stored[e.chat_id], e) for e in entries if e.chat_id in stored), now)
    chosen = _choose(session, [entry for entry in entries if entry.topics], now)
    return Taken(len(new), len((filled | chosen) - {entry.chat_id for entry in new}))


def _known(session: Session, chat_ids: Sequence[int]) -> dict[int, Row[Any]]:
    columns = [getattr(Chat, name) for name in FILLED]
    rows = session.execute(select(Chat.id, *columns).where(Chat.id.in_(chat_ids)))
    return {row.id: row for row in rows}


def _add(session: Session, entries: Iterable[Entry], now: datetime) -> None:
    empty = dict.fromkeys(FILLED)
    rows = [
        {
            **empty,
            **entry.values,
            "id": entry.chat_id,
            "type": entry.type,
            "status": entry.status,
            "approved": entry.type != ChatType.PRIVATE,  # whoever has the list is the sysadmin
            "created_at": now,
            "updated_at": now,
        }
        for entry in entries
    ]
    _insert(session, Chat, rows)


def _fill(session: Session, pairs: Iterable[tuple[Row[Any], Entry]], now: datetime) -> set[int]:
    """Write what was empty; the chats that had something to learn."""
    rows: list[dict[str, Any]] = []
    for was, entry in pairs:
        before = {name: getattr(was, name) for name in FILLED}
        # What Telegram told is newer than any list: only gaps are filled.
        after = {name: before[name] or entry.values.get(name) for name in FILLED}
        if after != before:
            rows.append({"chat": entry.chat_id, "updated_at": now, **after})
    if rows:
        session.connection().execute(_FILL, rows)
    return {row["chat"] for row in rows}


_FILL = (
    update(Chat)
    .where(Chat.id == bindparam("chat"))
    .values({name: bindparam(name) for name in (*FILLED, "updated_at")})
)


def _choose(session: Session, entries: Sequence[Entry], now: datetime) -> set[int]:
    """Store choices that these chats have not made themselves; returns the ids of those chats."""
    choices = {
        (topic_id, entry.chat_id): subscribed
        for entry in entries
        for topic_id, subscribed in entry.topics.items()
    }
    if not choices:
        return set()
    made = select(Subscription.topic_id, Subscription.chat_id).where(
        Subscription.topic_id.in_({topic_id for topic_id, _ in choices}),
        Subscription.chat_id.in_([entry.chat_id for entry in entries]),
    )
    for topic_id, chat_id in session.execute(made):
        # Whoever chose by themselves is not asked by a list, or an old one would undo an opt-out.
        choices.pop((topic_id, chat_id), None)
    rows = [
        {"topic_id": topic_id, "chat_id": chat_id, "subscribed": subscribed, "updated_at": now}
        for (topic_id, chat_id), subscribed in choices.items()
    ]
    try:
        _insert(session, Subscription, rows)
    except IntegrityError:
        raise Conflict("a topic was deleted meanwhile: import the list again") from None
    _skip_pending(session, choices, now)
    return {chat_id for _, chat_id in choices}


def _skip_pending(session: Session, choices: Mapping[tuple[int, int], bool], now: datetime) -> None:
    """What waits for those who opt out."""
    leaving: dict[int, list[int]] = {}
    for (topic_id, chat_id), subscribed in choices.items():
        if not subscribed:
            leaving.setdefault(topic_id, []).append(chat_id)
    for topic_id, chat_ids in leaving.items():
        topics.skip_pending_for(session, topic_id, chat_ids, now)


def _insert(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Skip what another process has added since the last look."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    if rows:
        session.connection().execute(dialect.insert(table).on_conflict_do_nothing(), rows)


@dataclass(frozen=True, slots=True)
class Known:
    """A chat as a list has it, with what it chose about topics by name."""

    id: int
    type: str
    status: str
    values: Mapping[str, str | None]
    topics: Mapping[str, bool]


def iterate(session: Session, page: int = 1000) -> Iterator[Known]:
    """Every chat by id; a page is held at a time."""
    columns = [getattr(Chat, name) for name in FILLED]
    query = select(Chat.id, Chat.type, Chat.status, *columns).order_by(Chat.id).limit(page)
    rows = session.execute(query).all()
    while rows:
        # By the span of the page, which is two parameters and not a thousand.
        choices = _choices(session, rows[0].id, rows[-1].id)
        for row in rows:
            values = {name: getattr(row, name) for name in FILLED}
            yield Known(row.id, row.type, row.status, values, choices.get(row.id, {}))
        rows = session.execute(query.where(Chat.id > rows[-1].id)).all()


def _choices(session: Session, first: int, last: int) -> dict[int, dict[str, bool]]:
    query = (
        select(Subscription.chat_id, Topic.name, Subscription.subscribed)
        .join(Topic, Topic.id == Subscription.topic_id)
        .where(Subscription.chat_id.between(first, last))
        .order_by(Subscription.chat_id, Topic.name)
    )
    by_chat: dict[int, dict[str, bool]] = {}
    for chat_id, name, subscribed in session.execute(query):
        by_chat.setdefault(chat_id, {})[name] = subscribed
    return by_chat
