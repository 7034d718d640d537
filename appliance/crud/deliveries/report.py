"""The ledger as people read it: a line a recipient, with the name of the chat."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from appliance.models import Chat, Delivery, DeliveryState


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One recipient's line in a report."""

    chat_id: int
    name: str
    username: str | None
    user_id: int | None
    state: str
    reason: str | None
    attempts: int
    message_id: int | None
    updated_at: datetime


def list_page(
    session: Session,
    broadcast_id: int,
    state: DeliveryState | None,
    limit: int,
    after_chat_id: int | None = None,
) -> list[DeliveryRow]:
    """Recipients by chat id, with their names."""
    same = Chat.id == Delivery.chat_id
    if after_chat_id is not None:
        # Of the chats too: PostgreSQL merges the two, and would walk all chats up to the page.
        same &= Chat.id > after_chat_id
    # An outer join: the report keeps the line of a chat whose row is gone.
    query = _REPORT.outerjoin(Chat, same).where(Delivery.broadcast_id == broadcast_id).limit(limit)
    if state is not None:
        query = query.where(Delivery.state == state)
    if after_chat_id is not None:
        query = query.where(Delivery.chat_id > after_chat_id)
    return [_row(*row) for row in session.execute(query)]


def iterate(session: Session, broadcast_id: int, chunk: int = 1000) -> Iterator[DeliveryRow]:
    """Every recipient by chat id, a page at a time: memory and locks stay small."""
    after = None
    while page := list_page(session, broadcast_id, None, chunk, after):
        yield from page
        after = page[-1].chat_id


_REPORT = select(
    Delivery.chat_id,
    Delivery.state,
    Delivery.reason,
    Delivery.attempts,
    Delivery.message_id,
    Delivery.updated_at,
    Chat.title,
    Chat.first_name,
    Chat.last_name,
    Chat.username,
    Chat.user_id,
).order_by(Delivery.chat_id)


def _row(
    chat_id: int,
    state: int,
    reason: str | None,
    attempts: int,
    message_id: int | None,
    updated_at: int,
    title: str | None,
    first_name: str | None,
    last_name: str | None,
    username: str | None,
    user_id: int | None,
) -> DeliveryRow:
    name = title or " ".join(part for part in (first_name, last_name) if part) or str(chat_id)
    return DeliveryRow(
        chat_id,
        name,
        username,
        user_id,
        DeliveryState(state).word,
        reason,
        attempts,
        message_id,
        datetime.fromtimestamp(updated_at, UTC),
    )
