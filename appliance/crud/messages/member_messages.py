"""What one chat was told and what it said: its messages, and the broadcasts meant for it."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from appliance.crud.broadcasts.audience import ONLY_ON_THE_SITE
from appliance.models import Broadcast, BroadcastStatus, Delivery, DeliveryState, Message

BROADCAST = "broadcast"
MESSAGE = "message"

_SHOWN = (BroadcastStatus.RUNNING, BroadcastStatus.PAUSED, BroadcastStatus.DONE)


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """Where an entry stands in time; unique, so that pages neither repeat nor miss one."""

    at: datetime
    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One message or broadcast of a list; `direction` is in or out, `format` plain or html.

    `variants` are a broadcast's texts by language, None of a message, `kinds` those of its files.
    """

    cursor: Cursor
    direction: str
    text: str
    format: str
    state: DeliveryState | None
    variants: dict[str, str] | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A member, as far as broadcasts mean them without a chat that the ledger could name.

    `meant` is asked about an audience as it is stored. Looked at is what began at or after
    `since` and before `until` (None: up to now).
    """

    meant: Callable[[dict[str, Any]], bool]
    since: datetime
    until: datetime | None = None


def list_entries(
    session: Session,
    chat_id: int | None,
    limit: int,
    before: Cursor | None = None,
    account: Account | None = None,
) -> list[Entry]:
    """Newest first, from before a cursor: of a chat, of an account, or of both."""
    parts = []
    if chat_id is not None:
        parts += [_messages(session, chat_id, limit, before)]
        parts += [_broadcasts(session, chat_id, limit, before)]
    if account is not None:
        parts += [_meant(session, account, chat_id, limit, before)]
    merged = heapq.merge(*parts, key=lambda entry: entry.cursor, reverse=True)
    return list(islice(merged, limit))


def _messages(session: Session, chat_id: int, limit: int, before: Cursor | None) -> Iterator[Entry]:
    query = select(Message).where(Message.chat_id == chat_id, Message.visible)
    if before is not None:
        query = query.where(_earlier(Message.created_at, Message.id, MESSAGE, before))
    query = query.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit)
    for row in session.scalars(query):
        params = row.params or {}
        html = params.get("parse_mode") == "HTML"
        text = params.get("text") or params.get("caption") if html else row.text
        yield Entry(
            Cursor(row.created_at, MESSAGE, row.id),
            row.direction,
            text or row.text or "",
            "html" if html else "plain",
            DeliveryState(row.state) if row.state is not None else None,
            kinds=tuple(item["kind"] for item in [*(row.files or ()), *(row.media or ())]),
        )


def _broadcasts(
    session: Session, chat_id: int, limit: int, before: Cursor | None
) -> Iterator[Entry]:
    # what waits is not news yet, and what was cancelled never will be; whom the bot cannot reach
    # reads it here alone
    readable = or_(
        Delivery.state.not_in((DeliveryState.PENDING, DeliveryState.SKIPPED)),
        Delivery.reason.in_([f"chat_{status}" for status in ONLY_ON_THE_SITE]),
    )
    at = func.coalesce(Broadcast.started_at, Broadcast.created_at)
    query = (
        select(Broadcast, Delivery.state)
        .join(Delivery, and_(Delivery.broadcast_id == Broadcast.id, Delivery.chat_id == chat_id))
        .where(readable)
    )
    if before is not None:
        query = query.where(_earlier(at, Broadcast.id, BROADCAST, before))
    query = query.order_by(at.desc(), Broadcast.id.desc()).limit(limit)
    for row, state in session.execute(query):
        cursor = Cursor(row.started_at or row.created_at, BROADCAST, row.id)
        yield Entry(cursor, "out", row.text, row.format, DeliveryState(state), row.variants or {})


def _meant(
    session: Session, account: Account, chat_id: int | None, limit: int, before: Cursor | None
) -> Iterator[Entry]:
    """Broadcasts whose audience names the account, and whose ledger has no line for its chat."""
    at = func.coalesce(Broadcast.started_at, Broadcast.created_at)
    query = select(Broadcast.id, Broadcast.audience).where(
        Broadcast.frozen_at.is_not(None), Broadcast.status.in_(_SHOWN), at >= account.since
    )
    if account.until is not None:
        query = query.where(at < account.until)
    if chat_id is not None:
        line = Delivery.broadcast_id == Broadcast.id, Delivery.chat_id == chat_id
        query = query.where(~exists().where(*line))
    if before is not None:
        query = query.where(_earlier(at, Broadcast.id, BROADCAST, before))
    audiences = session.execute(query.order_by(at.desc(), Broadcast.id.desc()))
    # Ids and audiences first: the texts of thousands would be read for one page.
    ids = list(islice((id for id, audience in audiences if account.meant(audience)), limit))
    rows = session.scalars(
        select(Broadcast).where(Broadcast.id.in_(ids)).order_by(at.desc(), Broadcast.id.desc())
    )
    for row in rows:
        cursor = Cursor(row.started_at or row.created_at, BROADCAST, row.id)
        yield Entry(cursor, "out", row.text, row.format, None, row.variants or {})


def _earlier(
    at: ColumnElement[datetime] | InstrumentedAttribute[datetime],
    number: InstrumentedAttribute[int],
    kind: str,
    before: Cursor,
) -> ColumnElement[bool]:
    """Strictly before a cursor, in the order (at, kind, id)."""
    if kind < before.kind:
        return at <= before.at
    if kind > before.kind:
        return at < before.at
    return or_(at < before.at, and_(at == before.at, number < before.id))
