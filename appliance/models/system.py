"""Leases of the parts, and values the program keeps for itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from appliance.models.base import Base, utcnow


class Lease(Base):
    """Who runs a part that must be alone; also the part's heartbeat."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str | None] = mapped_column(String(255))
    # Rises with each holder: who comes back to a lease that others had meanwhile holds a new one.
    epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    state: Mapped[str | None] = mapped_column(String(255))
    heartbeat_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]  # 12 s after the last heartbeat; NULL: given back


class Setting(Base):
    """A value the program keeps for itself (the flood pause, the bot's name, …)."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)
