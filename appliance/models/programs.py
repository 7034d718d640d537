"""Programs that use the API: their tokens, and the notifications they sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.models.base import Base, BigId, utcnow


class ApiToken(Base):
    """A program's key to the API; shown once, only its hash is stored."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # Each call looks its token up by this. SHA-256 is enough for 240 random bits:
    # docs/decisions.md, 27.
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    hint: Mapped[str] = mapped_column(String(12))  # its first characters, to tell tokens apart
    scopes: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]  # to the minute: a write for each call would be too many
    revoked_at: Mapped[datetime | None]


class Notification(Base):
    """What a program sent: to one chat it is a row of the outbox, to many a broadcast."""

    __tablename__ = "notifications"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str | None] = mapped_column(String(255), unique=True)
    actor: Mapped[str] = mapped_column(String(100))  # "token:5", "cli:root", …
    target: Mapped[str] = mapped_column(String(255))  # "user:…", "chat:…", "topic:…", "role:…"
    title: Mapped[str | None] = mapped_column(String(255))
    text: Mapped[str] = mapped_column(Text)
    priority: Mapped[str] = mapped_column(String(8), default="normal")  # low | normal | high
    buttons: Mapped[list[Any]] = mapped_column(default=list)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    broadcast_id: Mapped[int | None] = mapped_column(
        ForeignKey("broadcasts.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
