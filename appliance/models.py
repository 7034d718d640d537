"""The tables, as SQLAlchemy 2 typed mappings. No queries here: they live in `crud/`.

Ids of chats and messages are Telegram's own. Times are UTC. The delivery states are small
integers, because a million deliveries should cost a million short rows.
"""

from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# SQLite's row id is an INTEGER; ids of Telegram need 64 bits on PostgreSQL.
BigId = BigInteger().with_variant(Integer, "sqlite")

MAX_ID = 2**63 - 1


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time. SQLite drops time zones: checked going in, put back coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utcnow() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012


class Role(StrEnum):
    MEMBER = "member"
    OPERATOR = "operator"
    ADMIN = "admin"


class ChatType(StrEnum):
    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class ChatStatus(StrEnum):
    """Whether the bot may write there; only `active` chats are in an audience."""

    ACTIVE = "active"
    STOPPED = "stopped"  # said /stop
    BLOCKED = "blocked"  # blocked the bot, or deleted the account
    LEFT = "left"  # the bot was removed from the group or channel


class BroadcastStatus(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    HALTED = "halted"
    CANCELLED = "cancelled"
    DONE = "done"


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


class User(Base):
    """An account on the web site."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16), default=Role.MEMBER)
    language: Mapped[str] = mapped_column(String(8), default="en")
    disabled: Mapped[bool] = mapped_column(default=False)
    session_version: Mapped[int] = mapped_column(default=0)  # raised to end every session
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    last_login_at: Mapped[datetime | None]

    chat: Mapped["Chat | None"] = relationship(back_populates="user", uselist=False)


class Chat(Base):
    """A private chat, group or channel the bot knows; the id is Telegram's."""

    __tablename__ = "chats"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(16), default=ChatType.PRIVATE)
    status: Mapped[str] = mapped_column(String(16), default=ChatStatus.ACTIVE)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), unique=True
    )
    title: Mapped[str | None] = mapped_column(String(255))
    first_name: Mapped[str | None] = mapped_column(String(255))
    last_name: Mapped[str | None] = mapped_column(String(255))
    username: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)

    user: Mapped[User | None] = relationship(back_populates="chat")

    @property
    def name(self) -> str:
        """What people call it: a title, a person's name, or the id."""
        person = " ".join(part for part in (self.first_name, self.last_name) if part)
        return self.title or person or str(self.id)


class LinkCode(Base):
    """A single-use, expiring code that ties a Telegram chat to a user; only its hash is stored.

    Made on the site it carries the user and is used in Telegram; made by the bot it carries the
    chat and is used on the site.
    """

    __tablename__ = "link_codes"
    __table_args__ = (CheckConstraint("(user_id IS NULL) <> (chat_id IS NULL)", name="one_side"),)

    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    chat_id: Mapped[int | None] = mapped_column(
        ForeignKey("chats.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Update(Base):
    """What Telegram told us, kept word for word until it is handled; the id is Telegram's."""

    __tablename__ = "updates"
    __table_args__ = (
        Index(
            "ix_updates_waiting",
            "seq",
            sqlite_where=text("handled_at IS NULL"),
            postgresql_where=text("handled_at IS NULL"),
        ),
    )

    seq: Mapped[int] = mapped_column(BigId, primary_key=True)  # the order of arrival
    id: Mapped[int] = mapped_column(BigInteger, unique=True)
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime] = mapped_column(default=utcnow)
    handled_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(255))


class Message(Base):
    """One message or call to or from one chat; outgoing rows are the outbox of the engine.

    `method` and `params` are the Bot API call of an outgoing row. A call that is not a message
    (answering a button, say) has `visible` false and stays out of every thread.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_thread", "chat_id", "id"),
        Index(
            "ix_messages_outbox",
            "state",  # first, or SQLite prefers to read the whole table in the order of another
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
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    finished_at: Mapped[datetime | None]


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
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    total: Mapped[int] = mapped_column(default=0)
    pending: Mapped[int] = mapped_column(default=0)
    sending: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {reason: count}
    note: Mapped[str | None] = mapped_column(Text)  # why it was halted
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


class Lease(Base):
    """Who runs a part that must be alone; also the part's heartbeat."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(255))
    state: Mapped[str | None] = mapped_column(String(255))
    heartbeat_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class Setting(Base):
    """A value the program keeps for itself (the flood pause, the bot's name, …)."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)
