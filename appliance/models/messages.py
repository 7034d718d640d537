"""What comes in and what goes out, one chat at a time, and the states of a delivery."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from appliance.models.base import Base, BigId, utcnow


class DeliveryState(IntEnum):
    """The ledger's states: pending → sending → sent | failed | skipped | unknown.

    `sending` is committed before the request leaves, the outcome after it; what a crash leaves in
    `sending` becomes `unknown` and is never sent again by itself.
    """

    PENDING = 0
    SENDING = 1
    SENT = 2
    FAILED = 3
    SKIPPED = 4
    UNKNOWN = 5

    @property
    def word(self) -> str:
        return self.name.lower()


class Priority(IntEnum):
    """The order in which senders get the budget; smaller goes first."""

    REPLY = 0
    NOTIFICATION = 1
    BROADCAST = 2


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Update(Base):
    """What Telegram told us, kept word for word until it is handled; the id is Telegram's."""

    __tablename__ = "updates"
    __table_args__ = (
        # Partial: handled updates are kept for 30 days, and the look for waiting ones, up to 20
        # times a second, must not walk them.
        Index(
            "ix_updates_waiting",
            "seq",
            sqlite_where=text("handled_at IS NULL"),
            postgresql_where=text("handled_at IS NULL"),
        ),
    )

    # The order of arrival, which `id` is not: Telegram draws a new one after an idle week, and
    # another bot's begin anew (docs/decisions.md, 17 and 41).
    seq: Mapped[int] = mapped_column(BigId, primary_key=True)
    # Unique: what Telegram repeats is stored once. Below zero for those of a former bot.
    id: Mapped[int] = mapped_column(BigInteger, unique=True)
    # NULL for an update about no chat. No foreign key: it is stored before the chat is known.
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime] = mapped_column(default=utcnow)
    handled_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(255))


class Message(Base):
    """One message or call to or from one chat; outgoing rows are the outbox of the engine.

    `method` and `params` are the Bot API call of an outgoing row; `params` of an incoming one say
    from whom it was forwarded and what it answers, or tell one command from another. A call that is
    not a message (answering a button, say) has `visible` false and stays out of every thread.
    """

    __tablename__ = "messages"
    __table_args__ = (
        # A page of a thread, and the last that was said in each of the threads of a list.
        Index("ix_messages_thread", "chat_id", "id"),
        # What an edit, a reply or a part of an album is about.
        Index("ix_messages_telegram", "chat_id", "message_id"),
        # The answer that a repeated request has got already. Partial: most messages have no key.
        Index(
            "ix_messages_key",
            "key",
            unique=True,
            sqlite_where=text("key IS NOT NULL"),
            postgresql_where=text("key IS NOT NULL"),
        ),
        # What waits or is being sent (0, 1), in the order of sending: a handful of a million rows.
        Index(
            "ix_messages_outbox",
            "state",  # first, or SQLite prefers to read the whole table in the order of another
            "priority",
            "id",
            sqlite_where=text("state IN (0, 1)"),
            postgresql_where=text("state IN (0, 1)"),
        ),
        # The first that waits for a chat, whatever waits for others (`crud/messages/outbox_order`).
        Index(
            "ix_messages_outbox_chat",
            "state",
            "chat_id",
            "priority",
            "id",
            sqlite_where=text("state IN (0, 1)"),
            postgresql_where=text("state IN (0, 1)"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id", ondelete="CASCADE"))
    direction: Mapped[str] = mapped_column(String(3))
    visible: Mapped[bool] = mapped_column(default=True)
    text: Mapped[str | None] = mapped_column(Text)
    method: Mapped[str | None] = mapped_column(String(64))
    params: Mapped[dict[str, Any] | None]
    priority: Mapped[int | None] = mapped_column(SmallInteger)
    state: Mapped[int | None] = mapped_column(SmallInteger)  # DeliveryState; None: incoming
    reason: Mapped[str | None] = mapped_column(String(255))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    message_id: Mapped[int | None] = mapped_column(BigInteger)  # Telegram's
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # Of the request that asked for it, or one by which a refusal is counted (`refusal_key`).
    key: Mapped[str | None] = mapped_column(String(128))
    about_chat_id: Mapped[int | None] = mapped_column(BigInteger)  # whom an answer or copy is about
    album_id: Mapped[str | None] = mapped_column(String(64))  # Telegram's media_group_id
    reply_to: Mapped[int | None] = mapped_column(BigInteger)  # Telegram's id of what it answers
    files: Mapped[list[Any]] = mapped_column(default=list)  # received: [{kind, file_id, name, …}]
    media: Mapped[list[Any]] = mapped_column(default=list)  # to send: [{"id": media id, "kind": …}]
    edits: Mapped[list[Any]] = mapped_column(default=list)  # earlier texts: [{"text", "at"}]
    edited_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]
