"""Accounts of the site, chats on Telegram, and the codes that link them."""

from datetime import datetime
from enum import StrEnum, nonmember
from typing import Any

from flask_login import UserMixin
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from appliance.models.base import Base, BigId, utcnow


class Role(StrEnum):
    MEMBER = "member"
    OPERATOR = "operator"
    ADMIN = "admin"

    STAFF = nonmember(frozenset({"operator", "admin"}))
    """Who works in the inbox and sees other people's data."""


class ChatType(StrEnum):
    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"

    GROUPS = nonmember(frozenset({"group", "supergroup"}))


class ChatStatus(StrEnum):
    """Whether the bot may write there; only `active` chats are in an audience."""

    ACTIVE = "active"
    STOPPED = "stopped"  # said /stop
    BLOCKED = "blocked"  # blocked the bot, or deleted the account
    LEFT = "left"  # the bot was removed from the group or channel
    LOST = "lost"  # "chat not found", again and again: an imported id that nobody has
    NEW = "new"  # proved who they are on the site, but never pressed Start

    REACHABLE = nonmember(frozenset({"active", "stopped"}))
    """Where answers arrive: /stop ends broadcasts only."""
    GONE = nonmember(frozenset({"blocked", "left", "lost"}))
    """Where the bot cannot write (any more)."""


class User(UserMixin, Base):
    """An account on the web site; Flask-Login's `current_user` is one of these."""

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

    chat: Mapped["Chat | None"] = relationship(
        back_populates="user", uselist=False, foreign_keys="Chat.user_id"
    )

    # UserMixin compares ids, by which two new users are equal and a detached one cannot be asked.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def is_active(self) -> bool:
        """False for a disabled account: Flask-Login neither logs in nor goes on with a session."""
        return not self.disabled

    def get_id(self) -> str:
        """What Flask-Login keeps in the session; no session outlives its `session_version`."""
        return f"{self.id}.{self.session_version}"

    @property
    def effective_role(self) -> str | None:
        """The role that counts: a disabled account has none."""
        return None if self.disabled else self.role


class Chat(Base):
    """A private chat, group or channel the bot knows; the id is Telegram's."""

    __tablename__ = "chats"
    __table_args__ = (
        # Whether anybody at all chose quiet hours, so that most claims need not ask for each chat.
        Index(
            "ix_chats_quiet",
            "quiet",
            sqlite_where=text("quiet IS NOT NULL"),
            postgresql_where=text("quiet IS NOT NULL"),
        ),
        # Which zones there are, a look into the index for each: `crud/chats/chats.zones`.
        Index(
            "ix_chats_timezone",
            "timezone",
            sqlite_where=text("timezone IS NOT NULL"),
            postgresql_where=text("timezone IS NOT NULL"),
        ),
        # The few that were not found, which the engine asks for when it begins.
        Index(
            "ix_chats_not_found",
            "not_found",
            sqlite_where=text("not_found > 0"),
            postgresql_where=text("not_found > 0"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(16), default=ChatType.PRIVATE)
    status: Mapped[str] = mapped_column(String(16), default=ChatStatus.ACTIVE)
    # Unique: an account has one chat. Of two links made at once the database refuses the second.
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), unique=True
    )
    title: Mapped[str | None] = mapped_column(String(255))
    first_name: Mapped[str | None] = mapped_column(String(255))
    last_name: Mapped[str | None] = mapped_column(String(255))
    username: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(8))
    timezone: Mapped[str | None] = mapped_column(String(64))  # None: the site's own
    quiet: Mapped[str | None] = mapped_column(String(16))  # "22:00-08:00": no sound then
    not_found: Mapped[int] = mapped_column(SmallInteger, default=0)  # so often in a row
    banned: Mapped[bool] = mapped_column(default=False)  # the inbox does not want to hear of it
    approved: Mapped[bool] = mapped_column(default=False)  # a group may be a destination
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    dialog: Mapped[dict[str, Any] | None]  # where a conversation with the bot stands
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)

    user: Mapped[User | None] = relationship(back_populates="chat", foreign_keys=[user_id])

    @property
    def name(self) -> str:
        """What people call it: a title, a person's name, or the id."""
        person = " ".join(part for part in (self.first_name, self.last_name) if part)
        return self.title or person or str(self.id)

    @property
    def role(self) -> str | None:
        """That of the account a chat is linked to; None without one that is in use."""
        return self.user.effective_role if self.user is not None else None


class LinkCode(Base):
    """A single-use, expiring code that links a Telegram chat to a user; only its hash is stored.

    Made on the site it carries the user and is used in Telegram; made by the bot it carries the
    chat and is used on the site.
    """

    __tablename__ = "link_codes"
    __table_args__ = (CheckConstraint("(user_id IS NULL) <> (chat_id IS NULL)", name="one_side"),)

    # SHA-256: whoever reads a copy of the table later finds no code in it that works.
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


class UsedProof(Base):
    """That signed login data (widget, Mini App) was used: it is valid once, though it lives on."""

    __tablename__ = "used_proofs"

    proof_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)  # by which the hourly tidying deletes
