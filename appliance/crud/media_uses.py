"""Which files something still needs: a broadcast, a schedule, or a message of a conversation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from appliance.models import Broadcast, Media, Message, Schedule

_NONE = ("[]", "null")  # of a JSON column, as both databases write it


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest rows that were looked at; what comes later has higher ids."""

    broadcast: int = 0
    message: int = 0


def newest(session: Session) -> Seen:
    return Seen(
        session.scalar(select(func.max(Broadcast.id))) or 0,
        session.scalar(select(func.max(Message.id))) or 0,
    )


def older_than(session: Session, before: datetime) -> set[int]:
    """Files that were last uploaded before then, by id."""
    return set(session.scalars(select(Media.id).where(Media.created_at < before)))


def in_use(session: Session, after: Seen) -> set[int]:
    """The ids that schedules name, and broadcasts and messages that are newer than `after`.

    Reads all of those once: not for a transaction that writes, but for the few that are new.
    """
    columns = (
        select(Broadcast.media).where(Broadcast.id > after.broadcast, _filled(Broadcast.media)),
        select(Message.media).where(Message.id > after.message, _filled(Message.media)),
    )
    found = {
        int(item["id"])
        for query in columns
        for items in session.scalars(query.execution_options(yield_per=1000))
        for item in items or ()
    }
    for template in session.scalars(select(Schedule.template)):
        found.update(template.get("media", ()))
    return found


def remove(session: Session, media_ids: Iterable[int], before: datetime) -> int:
    """Delete these rows, but for those that were uploaded again meanwhile. Returns how many."""
    gone = session.execute(
        delete(Media).where(Media.id.in_(list(media_ids)), Media.created_at < before)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def kept(session: Session) -> set[str]:
    """The SHA-256 of every file that has a row."""
    return set(session.scalars(select(Media.sha256).distinct()))


def _filled(column: InstrumentedAttribute[list[Any]]) -> ColumnElement[bool]:
    return cast(column, String).not_in(_NONE)
