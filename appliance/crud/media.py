"""Files that are sent: kept once by content and kind, with the id Telegram gave them.

And which of them something still needs: a broadcast, a schedule, or a message of a conversation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from appliance.errors import NotFound, localized
from appliance.models import MAX_ID, Broadcast, Media, Message, Schedule, utcnow

_NONE = ("[]", "null")  # of a JSON column, as both databases write it


def get_all(session: Session, media_ids: Iterable[int]) -> list[Media]:
    """In the order of the ids. Raises NotFound."""
    ids = list(media_ids)
    in_range = [number for number in ids if 0 < number <= MAX_ID]
    query = select(Media).where(Media.id.in_(in_range)).execution_options(populate_existing=True)
    by_id = {media.id: media for media in session.scalars(query)}
    for number in ids:
        if number not in by_id:
            raise NotFound(localized("there is no file {id}: upload it first", id=number))
    return [by_id[number] for number in ids]


def find(session: Session, sha256: str, kind: str) -> Media | None:
    query = select(Media).where(Media.sha256 == sha256, Media.kind == kind)
    return session.scalar(query)


def add(session: Session, *, sha256: str, kind: str, name: str, size: int) -> Media:
    """The row of this content and kind, under the last upload's name.

    Its time is that of the last upload, too: what is old and unused is deleted.
    """
    if existing := find(session, sha256, kind):
        existing.created_at = utcnow()
        if existing.name != name:
            # Telegram shows a file under the name it was uploaded with.
            existing.name, existing.bot_id, existing.file_id = name, None, None
        return existing
    media = Media(sha256=sha256, kind=kind, name=name, size=size)
    try:
        with session.begin_nested():
            session.add(media)
    except IntegrityError:  # PostgreSQL: added since the look above
        existing = find(session, sha256, kind)
        if existing is None:
            raise
        return existing
    return media


def file_ids(session: Session, media: Sequence[Media], bot_id: int) -> list[str | None]:
    """By which this bot knows the files; None where it has to upload one (again)."""
    return [item.file_id if item.bot_id == bot_id else None for item in media]


def remember(session: Session, bot_id: int, uploaded: Mapping[int, str]) -> None:
    """Store file ids by media id, as Telegram answered an upload by this bot."""
    if uploaded:
        session.execute(
            update(Media)
            .where(Media.id.in_(list(uploaded)))
            .values(bot_id=bot_id, file_id=case(dict(uploaded), value=Media.id))
            .execution_options(synchronize_session=False)
        )


def forget(session: Session, file_ids: Iterable[str]) -> None:
    """Telegram does not take these any more: their files have to be uploaded again."""
    session.execute(
        update(Media)
        .where(Media.file_id.in_(list(file_ids)))
        .values(bot_id=None, file_id=None)
        .execution_options(synchronize_session=False)
    )


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
    ids = {
        int(item["id"])
        for query in columns
        for items in session.scalars(query.execution_options(yield_per=1000))
        for item in items or ()
    }
    for template in session.scalars(select(Schedule.template)):
        ids.update(template.get("media", ()))
    return ids


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
