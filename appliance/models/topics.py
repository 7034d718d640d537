"""What people may subscribe to, and what they chose."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from appliance.models.base import Base, BigId, utcnow


class Topic(Base):
    """What people may subscribe to. With `default_on` everybody is, until they opt out."""

    __tablename__ = "topics"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)  # [a-z0-9_-]
    title: Mapped[str] = mapped_column(String(100))
    title_ru: Mapped[str | None] = mapped_column(String(100))
    default_on: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Subscription(Base):
    """What one chat chose about one topic; no row: the topic's default."""

    __tablename__ = "subscriptions"
    __table_args__ = ({"sqlite_with_rowid": False},)

    # No row id, as in `deliveries`: an imported list is a topic, with a row for each chat on it.
    topic_id: Mapped[int] = mapped_column(
        ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    chat_id: Mapped[int] = mapped_column(
        ForeignKey("chats.id", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,  # the key begins with the topic, and a chat asks for all of its choices
    )
    subscribed: Mapped[bool]
    broadcast_id: Mapped[int | None] = mapped_column(
        BigInteger, index=True
    )  # whose button ended it
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)
