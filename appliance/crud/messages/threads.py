"""Threads of the shared inbox: one a person, listed by when something was last said; their notes.

The list walks `ix_threads_list` and stops when the page is full, so that it costs the same with a
hundred threads and with a hundred thousand.
"""

import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TypeVarTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    cast,
    func,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.orm import Session, aliased, joinedload

from appliance.crud import search
from appliance.errors import NotFound, localized
from appliance.models import Chat, Direction, Message, Note, Thread, User, utcnow

_Query = Select[Thread, Chat, int | None]
Ts = TypeVarTuple("Ts")

STATUSES = ("open", "closed")

SEARCHED = 250_000
"""How many messages a search looks through, the newest ones: about half a second."""


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """What the list is narrowed to; None does not narrow. `query` matches people and words."""

    status: str | None = None
    assigned_to: int | None = None
    unassigned: bool = False
    label: str | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """Where a thread stands in the list; the greatest comes first."""

    last_at: datetime
    chat_id: int


@dataclass(frozen=True, slots=True)
class Row:
    """A thread with its chat, and the last that was said by somebody."""

    thread: Thread
    chat: Chat
    last: Message | None

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.thread.last_at, self.thread.chat_id)


def get(session: Session, chat_id: int) -> Thread | None:
    return session.get(Thread, chat_id)


def ensure(session: Session, chat_id: int, now: datetime | None = None) -> Thread:
    """The thread of a chat; a new one where nothing was said yet."""
    thread = session.get(Thread, chat_id)
    if thread is None:
        now = now or utcnow()
        thread = new(chat_id, now)
        session.add(thread)
        session.flush()
    return thread


def new(chat_id: int, now: datetime) -> Thread:
    """A thread that is in no database yet."""
    return Thread(chat_id=chat_id, status="open", labels=[], unread=0, last_at=now, created_at=now)


def heard(session: Session, chat_id: int, now: datetime) -> Thread:
    """The person wrote: the thread is open, at the top, and has something to read."""
    thread = ensure(session, chat_id, now)
    thread.status = "open"
    thread.unread += 1
    thread.last_in_at = thread.last_at = now
    session.flush()
    return thread


def answered(session: Session, chat_id: int, now: datetime) -> Thread:
    """Somebody answered, and so has read what there was."""
    thread = ensure(session, chat_id, now)
    thread.unread = 0
    thread.last_at = now
    session.flush()
    return thread


def topics_of(session: Session, chat_ids: Sequence[int]) -> dict[int, int]:
    """The topics that people have in the operators' group, by chat."""
    rows = session.execute(
        select(Thread.chat_id, Thread.group_topic_id).where(
            Thread.chat_id.in_(chat_ids), Thread.group_topic_id.is_not(None)
        )
    )
    return {chat_id: topic_id for chat_id, topic_id in rows if topic_id is not None}


def set_topic(session: Session, chat_id: int, topic_id: int | None) -> None:
    session.execute(update(Thread).where(Thread.chat_id == chat_id).values(group_topic_id=topic_id))


def forget_topics(session: Session) -> None:
    """Forget everybody's topic: they are in a group that is the operators' no more."""
    session.execute(
        update(Thread).where(Thread.group_topic_id.is_not(None)).values(group_topic_id=None)
    )


def list_notes(session: Session, chat_id: int) -> Sequence[Note]:
    """Oldest first."""
    return session.scalars(select(Note).where(Note.chat_id == chat_id).order_by(Note.id)).all()


def add_note(
    session: Session, chat_id: int, author_id: int | None, text: str, now: datetime | None = None
) -> Note:
    note = Note(chat_id=chat_id, author_id=author_id, text=text, created_at=now or utcnow())
    session.add(note)
    session.flush()
    return note


def delete_note(session: Session, chat_id: int, note_id: int) -> None:
    """Raises NotFound: no such note about this person."""
    note = session.get(Note, note_id)
    if note is None or note.chat_id != chat_id:
        raise NotFound(localized("there is no note {id}", id=note_id))
    session.delete(note)
    session.flush()


def rows_of(session: Session, chat_ids: Sequence[int]) -> list[Row]:
    """The threads of these chats, in no order."""
    return list(_rows(session, _threads().where(Thread.chat_id.in_(chat_ids))))


def last_of(session: Session, chat_id: int) -> Message | None:
    """The last that the person or an operator said."""
    query = select(Message).where(Message.chat_id == chat_id, _said_by_somebody())
    return session.scalar(query.order_by(Message.id.desc()).limit(1))


def list_page(
    session: Session, filter: ThreadFilter, limit: int, after: Cursor | None = None
) -> list[Row]:
    """The threads with the latest news first, from after a cursor."""
    if filter.query and filter.query.strip():
        return _found(session, filter, limit, after)
    if filter.status is not None:
        return list(_of_status(session, filter, limit, after))
    # each status by its own part of the index: over both, all threads would be sorted
    parts = [
        _of_status(session, replace(filter, status=status), limit, after) for status in STATUSES
    ]
    return list(islice(heapq.merge(*parts, key=lambda row: row.cursor, reverse=True), limit))


def _of_status(
    session: Session, filter: ThreadFilter, limit: int, after: Cursor | None
) -> Iterator[Row]:
    return _rows(session, _page(_threads(), filter, limit, after))


def _found(session: Session, filter: ThreadFilter, limit: int, after: Cursor | None) -> list[Row]:
    """Those that match its query. First which, then what they are: all that match are sorted, and
    the last message is looked up for a page only."""
    query = select(Thread.chat_id).where(Thread.chat_id.in_(_matching(str(filter.query).strip())))
    page = session.scalars(_page(query, filter, limit, after)).all()
    return sorted(rows_of(session, page), key=lambda row: row.cursor, reverse=True)


def _page(
    query: Select[*Ts], filter: ThreadFilter, limit: int, after: Cursor | None
) -> Select[*Ts]:
    query = _filtered(query, filter)
    if after is not None:
        query = query.where(
            Thread.last_at <= after.last_at,  # said apart, for the index: it cannot use the OR
            or_(Thread.last_at < after.last_at, Thread.chat_id < after.chat_id),
        )
    return query.order_by(Thread.last_at.desc(), Thread.chat_id.desc()).limit(limit)


def _threads() -> _Query:
    last = (
        select(Message.id)
        .where(Message.chat_id == Thread.chat_id, _said_by_somebody())
        .order_by(Message.id.desc())
        .limit(1)
        .correlate(Thread)
        .scalar_subquery()
    )
    return (
        select(Thread, Chat, last)
        .join(Chat, Chat.id == Thread.chat_id)
        .options(joinedload(Chat.user))
    )


def _said_by_somebody() -> ColumnElement[bool]:
    """Not what the bot says by itself: it thanks, and that is no news."""
    return Message.visible & or_(
        Message.direction == Direction.IN, Message.about_chat_id.is_not(None)
    )


def _rows(session: Session, query: _Query) -> Iterator[Row]:
    rows = session.execute(query).all()
    message_ids = [last_id for _, _, last_id in rows if last_id is not None]
    last = {
        message.id: message
        for message in session.scalars(select(Message).where(Message.id.in_(message_ids)))
    }
    for thread, chat, last_id in rows:
        yield Row(thread, chat, last.get(last_id or 0))


def _filtered(query: Select[*Ts], filter: ThreadFilter) -> Select[*Ts]:
    if filter.status is not None:
        query = query.where(Thread.status == filter.status)
    if filter.assigned_to is not None:
        query = query.where(Thread.assigned_to == filter.assigned_to)
    if filter.unassigned:
        query = query.where(Thread.assigned_to.is_(None))
    if filter.label:
        # in the stored JSON a label stands between its quotes
        stored_label = json.dumps(filter.label)  # also escapes as the stored JSON does
        query = query.where(cast(Thread.labels, Text).contains(stored_label, autoescape=True))
    return query


def _matching(text: str) -> CompoundSelect[int]:
    """People by name, address or id, and what was said lately.

    Each is looked for by itself, once: PostgreSQL repeats the parts of an OR for every thread.
    """
    name = text.removeprefix("@")
    has_account = search.contains(name, User.name) | search.contains(text, User.email)
    return union(
        _chats_called(name),
        select(Chat.id).join(User, User.id == Chat.user_id).where(has_account),
        _chats_that_said(text),
    )


def _chats_called(name: str) -> Select[int]:
    """Of those that have a thread: OFFSET 0 keeps PostgreSQL from looking through all chats first,
    of which there are many more."""
    columns = (Chat.id, Chat.first_name, Chat.last_name, Chat.username)  # others would be carried
    with_thread = select(*columns).join(Thread, Thread.chat_id == Chat.id).offset(0)
    chat = aliased(Chat, with_thread.subquery())
    is_called = search.contains(name, chat.first_name, chat.last_name, chat.username)
    return select(chat.id).where(is_called | search.is_id(name, chat.id))


def _chats_that_said(text: str) -> Select[int]:
    """Of very many messages the oldest are not looked through."""
    # By id, not by time: the primary key has it, and `created_at` has no index.
    newest = select(func.max(Message.id)).scalar_subquery()
    return select(Message.chat_id).where(
        Message.id > newest - SEARCHED,
        Message.visible,
        search.contains(text, Message.text),
    )
