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
    # Unique, so that what is asked for twice is sent once; NULL, as often as you like, where nobody
    # gave a key: both databases let NULLs be equal to nothing.
    key: Mapped[str | None] = mapped_column(String(255), unique=True)
    # Indexed for the engine, which keeps asking what runs or is due.
    status: Mapped[str] = mapped_column(String(16), default=BroadcastStatus.DRAFT, index=True)
    text: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(String(8), default="plain")  # plain | html
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)  # buttons, silent, …
    audience: Mapped[dict[str, Any]]  # {"to": [...], "not": [...]}
    priority: Mapped[int] = mapped_column(SmallInteger, default=Priority.BROADCAST)
    # NULL: it was made without an account, or that is gone; what was sent outlives it.
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    # Counters here and not counted: a million lines take 325 ms, and pages ask every second.
    total: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    sending: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {reason: count}
    # Why it was halted or skipped: a template with its values (docs/decisions.md, 36), or
    # Telegram's own words.
    note: Mapped[str | None] = mapped_column(Text)
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
    # Not NULL before `frozen_at` is set: it was begun in time, so it is never too late any more.
    cursor: Mapped[int | None] = mapped_column(BigInteger)
    frozen_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Delivery(Base):
    """What happened to one recipient of one broadcast.

    Keyed by (broadcast, chat) without a row id: 24 bytes a row as frozen. `updated_at` is in
    seconds since 1970, `reason` a short code (see `delivery/answers/classify.py`).
    """

    __tablename__ = "deliveries"
    # No index but the key: one of `state`, say, would be written by every claim and every outcome
    # (docs/decisions.md, 45). Whoever looks for a state walks, a part at a time.
    # PostgreSQL's pages are begun less than half full: a line is updated twice, and in its own page
    # that costs no change of the key.
    __table_args__ = ({"sqlite_with_rowid": False, "postgresql_with": {"fillfactor": 45}},)

    broadcast_id: Mapped[int] = mapped_column(
        ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    # No foreign key: the ledger outlives the chat, and a million checks cost more than they give.
    chat_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    state: Mapped[int] = mapped_column(SmallInteger, default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    # NULL also of what is `sent` where no id is known: it can be neither edited nor deleted.
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    # An integer: SQLite keeps a time as text, 26 bytes, which is more than the whole row has.
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
    # Indexed: the engine asks for those that run, the schedule part for drafts.
    status: Mapped[str] = mapped_column(String(16), default=BroadcastStatus.RUNNING, index=True)
    version: Mapped[int]  # of the broadcast, which it brings to every recipient
    cursor: Mapped[int | None] = mapped_column(BigInteger)
    # Few: what one process can have in flight. A list in memory counted some twice after a crash
    # (docs/decisions.md, 33).
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
    # Words and no foreign key: who decided must be told after the account is gone, too.
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
    # NULL while it is paused. Indexed for the look every 3 s whether a slot is due.
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
    # Up to 2048 bytes (`MAX_ADDRESS_BYTES`), because it is part of the unique index above.
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
