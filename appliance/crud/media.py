"""Files that are sent: kept once by content and kind, with the id Telegram gave them."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import case, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.errors import NotFound, localized
from appliance.models import MAX_ID, Media, utcnow


def get_all(session: Session, media_ids: Iterable[int]) -> list[Media]:
    """In the order of the ids. Raises NotFound."""
    wanted = list(media_ids)
    known = [number for number in wanted if 0 < number <= MAX_ID]
    query = select(Media).where(Media.id.in_(known)).execution_options(populate_existing=True)
    found = {media.id: media for media in session.scalars(query)}
    for number in wanted:
        if number not in found:
            raise NotFound(localized("there is no file {id}: upload it first", id=number))
    return [found[number] for number in wanted]


def find(session: Session, sha256: str, kind: str) -> Media | None:
    query = select(Media).where(Media.sha256 == sha256, Media.kind == kind)
    return session.scalar(query)


def add(session: Session, *, sha256: str, kind: str, name: str, size: int) -> Media:
    """The row of this content and kind; the first one's, name included, where there is one.

    Its time is that of the last upload: what is old and unused is deleted (`media_uses.py`).
    """
    if known := find(session, sha256, kind):
        known.created_at = utcnow()
        return known
    media = Media(sha256=sha256, kind=kind, name=name, size=size)
    try:
        with session.begin_nested():
            session.add(media)
    except IntegrityError:  # PostgreSQL: added since the look above
        known = find(session, sha256, kind)
        if known is None:
            raise
        return known
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


def forget(session: Session, media_ids: Iterable[int]) -> None:
    """Telegram does not take the file ids any more: upload these files again."""
    session.execute(
        update(Media)
        .where(Media.id.in_(list(media_ids)))
        .values(bot_id=None, file_id=None)
        .execution_options(synchronize_session=False)
    )
