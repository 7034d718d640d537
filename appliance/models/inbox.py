"""The shared inbox: one thread a person, and what operators note about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from appliance.models.base import Base, BigId, utcnow


class Thread(Base):
    """What a person and the operators say to each other; the lines are `Message` rows."""

    __tablename__ = "threads"
    # The list of open or of closed threads, newest first, walks this index: a page takes 10 ms
    # wherever it is among 100,000 threads (docs/decisions.md, 38).
    __table_args__ = (Index("ix_threads_list", "status", "last_at"),)

    # The chat is the key: a person has one thread, however often they come back.
    chat_id: Mapped[int] = mapped_column(
        ForeignKey("chats.id", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    status: Mapped[str] = mapped_column(String(8), default="open")  # open | closed
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    labels: Mapped[list[Any]] = mapped_column(default=list)
    unread: Mapped[int] = mapped_column(default=0)
    group_topic_id: Mapped[int | None] = mapped_column(BigInteger)  # in the operators' group
    last_in_at: Mapped[datetime | None]
    last_at: Mapped[datetime] = mapped_column(default=utcnow)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Note(Base):
    """What an operator wrote about a person, for operators only."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    chat_id: Mapped[int] = mapped_column(
        ForeignKey("chats.id", ondelete="CASCADE", onupdate="CASCADE"), index=True
    )
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
