"""What one chat was told and what it said: its messages, and the broadcasts meant for it."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from appliance.crud.audience import UNREACHABLE_MEMBERS
from appliance.models import Broadcast, Delivery, DeliveryState, Message

BROADCAST = "broadcast"
MESSAGE = "message"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a line stands in time; unique, so that pages neither repeat nor miss one."""

    at: datetime
    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Line:
    """One message or broadcast; `direction` is in or out, `format` plain or html.

    `variants` are a broadcast's texts by language, None of a message, `kinds` those of its files.
    """

    place: Place
    direction: str
    text: str
    format: str
    state: DeliveryState | None
    variants: dict[str, str] | None = None
    kinds: tuple[str, ...] = ()


def lines(session: Session, chat_id: int, limit: int, before: Place | None = None) -> list[Line]:
    """Newest first, from before a place."""
    merged = heapq.merge(
        _messages(session, chat_id, limit, before),
        _broadcasts(session, chat_id, limit, before),
        key=lambda line: line.place,
        reverse=True,
    )
    return list(islice(merged, limit))


def _messages(session: Session, chat_id: int, limit: int, before: Place | None) -> Iterator[Line]:
    query = select(Message).where(Message.chat_id == chat_id, Message.visible)
    if before is not None:
        query = query.where(_earlier(Message.created_at, Message.id, MESSAGE, before))
    query = query.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit)
    for row in session.scalars(query):
        params = row.params or {}
        html = params.get("parse_mode") == "HTML"
        text = params.get("text") or params.get("caption") if html else row.text
        yield Line(
            Place(row.created_at, MESSAGE, row.id),
            row.direction,
            text or row.text or "",
            "html" if html else "plain",
            DeliveryState(row.state) if row.state is not None else None,
            kinds=tuple(item["kind"] for item in [*(row.files or ()), *(row.media or ())]),
        )


def _broadcasts(session: Session, chat_id: int, limit: int, before: Place | None) -> Iterator[Line]:
    # what waits is not news yet, and what was cancelled never will be; whom the bot cannot reach
    # reads it here alone
    told = or_(
        Delivery.state.not_in((DeliveryState.PENDING, DeliveryState.SKIPPED)),
        Delivery.reason.in_([f"chat_{status}" for status in UNREACHABLE_MEMBERS]),
    )
    at = func.coalesce(Broadcast.started_at, Broadcast.created_at)
    query = (
        select(Broadcast, Delivery.state)
        .join(Delivery, and_(Delivery.broadcast_id == Broadcast.id, Delivery.chat_id == chat_id))
        .where(told)
    )
    if before is not None:
        query = query.where(_earlier(at, Broadcast.id, BROADCAST, before))
    query = query.order_by(at.desc(), Broadcast.id.desc()).limit(limit)
    for row, state in session.execute(query):
        place = Place(row.started_at or row.created_at, BROADCAST, row.id)
        yield Line(place, "out", row.text, row.format, DeliveryState(state), row.variants or {})


def _earlier(
    at: ColumnElement[datetime] | InstrumentedAttribute[datetime],
    number: InstrumentedAttribute[int],
    kind: str,
    before: Place,
) -> ColumnElement[bool]:
    """Strictly before a place, in the order (at, kind, id)."""
    if kind < before.kind:
        return at <= before.at
    if kind > before.kind:
        return at < before.at
    return or_(at < before.at, and_(at == before.at, number < before.id))
