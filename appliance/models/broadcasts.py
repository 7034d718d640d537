"""Broadcasts, the ledger of their deliveries, and what was done to them afterwards."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from appliance.models.base import Base, BigId, utcnow
from appliance.models.messages import DeliveryState, Priority


class BroadcastStatus(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    HALTED = "halted"
    CANCELLED = "cancelled"
    DONE = "done"


class Broadcast(Base):
    """A message to an audience, with its counters. The ledger's rows are `Delivery`.

    `cursor` is the last chat frozen into the ledger and `frozen_at` says that all are. The counters
    change in the transaction that changes the deliveries, so progress costs one row.
    """

    __tablename__ = "broadcasts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str | None] = mapped_column(String(255), unique=True)
    status: Mapped[str] = mapped_column(String(16), default=BroadcastStatus.DRAFT, index=True)
    text: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(String(8), default="plain")  # plain | html
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)  # buttons, silent, …
    audience: Mapped[dict[str, Any]]  # {"to": [...], "not": [...]}
    priority: Mapped[int] = mapped_column(SmallInteger, default=Priority.BROADCAST)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    total: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    sending: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {reason: count}
    note: Mapped[str | None] = mapped_column(Text)  # why it was halted or skipped
    version: Mapped[int] = mapped_column(default=1)  # raised by each edit
    variants: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {language: text}
    media: Mapped[list[Any]] = mapped_column(default=list)  # [{"id": media id, "kind": …}]
    starts_at: Mapped[datetime | None]  # not before; None: at once
    max_late: Mapped[int | None]  # seconds after `starts_at` when it is skipped instead
    quiet: Mapped[str | None] = mapped_column(String(16))  # "22:00-08:00" by recipients' clocks
    canary: Mapped[int | None]  # how many get it first
    canary_limit: Mapped[float | None]  # the share of them that may fail or block
    canary_wait: Mapped[int | None]  # seconds to wait for blocks
    canary_at: Mapped[datetime | None]  # when the last of them had an outcome
    canary_passed: Mapped[bool] = mapped_column(default=False)
    schedule_id: Mapped[int | None] = mapped_column(ForeignKey("schedules.id", ondelete="SET NULL"))
    cursor: Mapped[int | None] = mapped_column(BigInteger)
    frozen_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Delivery(Base):
    """What happened to one recipient of one broadcast.

    Keyed by (broadcast, chat) without a row id: 24 bytes a row as frozen. `updated_at` is in
    seconds since 1970, `reason` a short code (see `delivery/classify.py`).
    """

    __tablename__ = "deliveries"
    __table_args__ = ({"sqlite_with_rowid": False},)

    broadcast_id: Mapped[int] = mapped_column(
        ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # No foreign key: the ledger outlives the chat, and a million checks cost more than they give.
    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    state: Mapped[int] = mapped_column(SmallInteger, default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(String(64))


class Operation(Base):
    """An edit or a recall of what a broadcast delivered, message by message.

    Editing to the same text and deleting what is gone both count as done, so an operation may be
    repeated: after a crash it goes on from `cursor`, the last chat with all before it done.
    """

    __tablename__ = "operations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(
        ForeignKey("broadcasts.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(8))  # edit | recall
    status: Mapped[str] = mapped_column(String(16), default=BroadcastStatus.RUNNING, index=True)
    version: Mapped[int]  # of the broadcast, which it brings to every recipient
    cursor: Mapped[int | None] = mapped_column(BigInteger)
    late: Mapped[list[Any]] = mapped_column(default=list)  # chats that were in flight at its start
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    too_old: Mapped[int] = mapped_column(default=0)  # over Telegram's 48 hours
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]


class BroadcastEvent(Base):
    """An entry of a broadcast's history: who did what, and when."""

    __tablename__ = "broadcast_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(
        ForeignKey("broadcasts.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(default=utcnow)
    actor: Mapped[str] = mapped_column(String(100))  # "user:5", "cli:root", "engine", …
    action: Mapped[str] = mapped_column(String(32))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Schedule(Base):
    """A broadcast that is sent again and again, by a cron expression in a named time zone."""

    __tablename__ = "schedules"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    cron: Mapped[str] = mapped_column(String(100))
    timezone: Mapped[str] = mapped_column(String(64))
    template: Mapped[dict[str, Any]]  # what `services/broadcasts/lifecycle.py` makes a broadcast of
    max_late: Mapped[int | None]  # seconds; a slot missed by more is skipped and reported
    enabled: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    last_at: Mapped[datetime | None]
    last_result: Mapped[str | None] = mapped_column(String(255))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class TrackedLink(Base):
    """An address in a broadcast that is opened through the site, so that clicks can be counted."""

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("broadcast_id", "url"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(Text)


class Click(Base):
    """That somebody opened a tracked link; the first time, and how often."""

    __tablename__ = "clicks"
    __table_args__ = ({"sqlite_with_rowid": False},)

    link_id: Mapped[int] = mapped_column(
        ForeignKey("links.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    first_at: Mapped[datetime] = mapped_column(default=utcnow)
    count: Mapped[int] = mapped_column(default=1)
