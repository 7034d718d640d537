"""Files that are sent."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from appliance.models.base import Base, BigId, utcnow


class Media(Base):
    """A file to be sent: kept once by content, uploaded once, then known by its `file_id`."""

    __tablename__ = "media"
    # By kind, too: Telegram's `file_id` of a picture sent as a photo cannot be sent as a document.
    __table_args__ = (UniqueConstraint("sha256", "kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))  # photo | document | video
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    # Whose `file_id` it is: another bot cannot use it. Both are NULL before the first upload.
    bot_id: Mapped[int | None] = mapped_column(BigInteger)
    file_id: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
