"""Threads as operators see them, and what they do with one besides answering."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from appliance import models
from appliance.crud import media
from appliance.crud.accounts import users
from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.crud.messages.threads import Cursor, Row, ThreadFilter
from appliance.errors import Conflict, Invalid, NotFound, localized
from appliance.models import Chat, ChatType, DeliveryState, Direction, Message, Role, User
from appliance.services import content
from appliance.services.inbox.labels import summary

MAX_LABELS = 20  # of one thread
MAX_LABEL_LENGTH = 40  # characters


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ThreadSummary:
    """A thread as a list shows it."""

    chat: Chat
    user: User | None
    status: str
    assigned: Person | None
    labels: list[str]
    unread: int
    last_text: str | None
    last_direction: str | None
    last_at: datetime
    banned: bool
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Note:
    """A note, with who wrote it."""

    id: int
    text: str
    author: Person | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message; `index` is its position in it."""

    index: int
    kind: str
    name: str | None
    size: int | None
    mime: str | None


@dataclass(frozen=True, slots=True)
class ThreadMessage:
    """A message; `html` is safe for a browser, `state` a delivery state, `reason` of a failure."""

    id: int
    direction: str
    text: str
    html: str
    state: str | None
    reason: str | None
    author: Person | None
    files: list[File]
    edits: list[dict[str, Any]]
    edited_at: datetime | None
    at: datetime
    forwarded_from: str | None = None
    in_answer_to: str | None = None


def list_summaries(
    session: Session, filter: ThreadFilter, limit: int, after: Cursor | None = None
) -> list[ThreadSummary]:
    """The thread with the latest message first."""
    return _summaries(session, threads.list_page(session, filter, limit, after))


def get_summary(session: Session, chat_id: int) -> ThreadSummary:
    """Raises NotFound. Who never wrote has an empty thread, so that operators can write first."""
    chat = person_chat(session, chat_id)
    rows = threads.rows_of(session, [chat_id])
    if not rows:
        thread = threads.new(chat_id, chat.created_at)
        # Not stored, and closed: it must not look like something that waits for an answer.
        thread.status = "closed"
        rows = [Row(thread, chat, threads.last_of(session, chat_id))]
    return _summaries(session, rows)[0]


def person_chat(session: Session, chat_id: int) -> Chat:
    """The private chat of a person. Raises NotFound, also for a group or channel."""
    chat = chats.find(session, chat_id)
    if chat.type != ChatType.PRIVATE:
        raise NotFound(
            localized("chat {id} is a group or channel: only people have threads", id=chat_id)
        )
    return chat


def list_messages(
    session: Session, chat_id: int, limit: int, before_id: int | None = None
) -> list[ThreadMessage]:
    """Newest first. Raises NotFound."""
    person_chat(session, chat_id)
    return messages_of(session, messages.thread(session, chat_id, limit, before_id))


def messages_of(session: Session, rows: Sequence[Message]) -> list[ThreadMessage]:
    names = users.names_of(session, (row.author_id for row in rows))
    sent = {item["id"] for row in rows for item in row.media or ()}
    media_by_id = {item.id: item for item in media.get_all(session, sorted(sent))}
    return [_message(row, names, media_by_id) for row in rows]


def operators(session: Session) -> list[Person]:
    """People whom a thread can be assigned to, by name."""
    staff = users.list_with_roles(session, Role.STAFF)
    return [Person(user.id, user.name) for user in staff]


def assign(session: Session, chat_id: int, user_id: int | None) -> None:
    """Assign the thread to somebody or nobody. Raises NotFound, Invalid for who is no operator."""
    thread = threads.ensure(session, person_chat(session, chat_id).id)
    if user_id is not None:
        user = users.get(session, user_id)
        if user.disabled or user.role not in Role.STAFF:
            raise Invalid.at("assigned_to", localized("{name} is not an operator", name=user.name))
    thread.assigned_to = user_id
    session.flush()


def set_status(session: Session, chat_id: int, status: str) -> None:
    """`open` or `closed`; a closed thread counts as read. Raises NotFound."""
    thread = threads.ensure(session, person_chat(session, chat_id).id)
    thread.status = status
    if status == "closed":
        thread.unread = 0
    session.flush()


def set_labels(session: Session, chat_id: int, labels: Iterable[str]) -> list[str]:
    """Each once, in the order given. Raises NotFound, Invalid."""
    thread = threads.ensure(session, person_chat(session, chat_id).id)
    tidy = [re.sub(r"\s+", " ", label).strip() for label in labels]
    thread.labels = list(dict.fromkeys(label for label in tidy if label))
    if len(thread.labels) > MAX_LABELS or any(len(it) > MAX_LABEL_LENGTH for it in thread.labels):
        message = localized(
            "a conversation can have up to {count} labels of up to {length} characters each",
            count=MAX_LABELS,
            length=MAX_LABEL_LENGTH,
        )
        raise Invalid.at("labels", message)
    session.flush()
    return thread.labels


def ban(session: Session, chat_id: int, banned: bool) -> None:
    """Ignore what a person writes, or stop that. Raises NotFound, Conflict for an admin's chat."""
    chat = person_chat(session, chat_id)
    if banned and chat.role == Role.ADMIN:
        raise Conflict(
            localized("{name} is an admin of the site: admins cannot be banned", name=chat.name)
        )
    chat.banned = banned
    session.flush()


def mark_read(session: Session, chat_id: int) -> None:
    """Raises NotFound."""
    person_chat(session, chat_id)
    thread = threads.get(session, chat_id)
    if thread is not None:
        thread.unread = 0
        session.flush()


def add_note(
    session: Session,
    chat_id: int,
    text: str,
    author_id: int | None,
    now: datetime | None = None,
) -> Note:
    """Raises NotFound, Invalid for an empty text."""
    person_chat(session, chat_id)
    if not text.strip():
        raise Invalid.at("text", localized("the note is empty"))
    note = threads.add_note(session, chat_id, author_id, text.strip(), now)
    return _notes(session, [note])[0]


def list_notes(session: Session, chat_id: int) -> list[Note]:
    """Oldest first."""
    return _notes(session, threads.list_notes(session, chat_id))


def _notes(session: Session, rows: Sequence[models.Note]) -> list[Note]:
    names = users.names_of(session, (row.author_id for row in rows))
    return [Note(row.id, row.text, _person(row.author_id, names), row.created_at) for row in rows]


def _summaries(session: Session, rows: Sequence[Row]) -> list[ThreadSummary]:
    names = users.names_of(session, (row.thread.assigned_to for row in rows))
    return [
        ThreadSummary(
            chat=row.chat,
            user=row.chat.user,
            status=row.thread.status,
            assigned=_person(row.thread.assigned_to, names),
            labels=row.thread.labels,
            unread=row.thread.unread,
            last_text=summary(row.last) if row.last else None,
            last_direction=row.last.direction if row.last else None,
            last_at=row.thread.last_at,
            banned=row.chat.banned,
            cursor=row.cursor,
        )
        for row in rows
    ]


def _message(row: Message, names: dict[int, str], media_by_id: dict[int, Any]) -> ThreadMessage:
    params, incoming = row.params or {}, row.direction == Direction.IN
    format_ = "html" if params.get("parse_mode") == "HTML" else "plain"
    source = params.get("text") or params.get("caption") if format_ == "html" else row.text
    return ThreadMessage(
        id=row.id,
        direction=row.direction,
        text=row.text or "",
        html=content.to_html(source or row.text or "", format_),
        state=DeliveryState(row.state).word if row.state is not None else None,
        reason=row.reason,
        author=_person(row.author_id, names),
        files=_files(row, media_by_id),
        edits=row.edits or [],
        edited_at=row.edited_at,
        at=row.created_at,
        forwarded_from=params.get("forwarded_from") if incoming else None,
        in_answer_to=params.get("in_answer_to") if incoming else None,
    )


def _files(row: Message, media_by_id: dict[int, Any]) -> list[File]:
    """Files that Telegram has by `file_id`, then our own."""
    files = [
        File(n, item["kind"], item.get("name"), item.get("size"), item.get("mime"))
        for n, item in enumerate(row.files or ())
    ]
    for item in row.media or ():
        own = media_by_id[item["id"]]
        mime = content.File(own.id, own.kind, own.sha256, own.name).mime
        files.append(File(len(files), own.kind, own.name, own.size, mime))
    return files


def _person(user_id: int | None, names: dict[int, str]) -> Person | None:
    """None also for an account that was deleted."""
    name = names.get(user_id) if user_id is not None else None
    return Person(user_id, name) if user_id is not None and name is not None else None
