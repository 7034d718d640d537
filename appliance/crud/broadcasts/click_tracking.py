"""Tracked links of broadcasts, and who opened them. Codes for accounts: `accounts/link_codes`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.models import Click, TrackedLink, utcnow


@dataclass(frozen=True, slots=True)
class LinkClicks:
    """How often an address was opened, and by how many people."""

    url: str
    clicks: int
    people: int


def remember(session: Session, broadcast_id: int, urls: Iterable[str]) -> dict[str, int]:
    """The ids of these addresses; those the broadcast did not have yet are stored.

    Inside a writing transaction of the only sender, so two never store the same one.
    """
    link_ids = _ids(session, broadcast_id)
    for url in urls:
        if url not in link_ids:
            link = TrackedLink(broadcast_id=broadcast_id, url=url)
            session.add(link)
            session.flush()
            link_ids[url] = link.id
    return link_ids


def address_of(session: Session, link_id: int) -> str | None:
    """Where a link leads; None when its broadcast is gone."""
    return session.scalar(select(TrackedLink.url).where(TrackedLink.id == link_id))


def count_click(session: Session, link_id: int, chat_id: int, now: datetime | None = None) -> None:
    """Somebody opened it. Counts right however many do so at once."""
    # First the change and then the insert: nearly every further click finds its row, and a refused
    # insert costs a savepoint.
    if _raise_count(session, link_id, chat_id):
        return
    try:
        with session.begin_nested():
            session.add(Click(link_id=link_id, chat_id=chat_id, first_at=now or utcnow(), count=1))
    except IntegrityError:  # PostgreSQL: another request was first since the look above
        _raise_count(session, link_id, chat_id)


def by_link(session: Session, broadcast_id: int) -> Sequence[LinkClicks]:
    """Every tracked link of a broadcast, in the order of the message."""
    query = (
        select(TrackedLink.url, func.coalesce(func.sum(Click.count), 0), func.count(Click.chat_id))
        .outerjoin(Click, Click.link_id == TrackedLink.id)
        .where(TrackedLink.broadcast_id == broadcast_id)
        .group_by(TrackedLink.id, TrackedLink.url)
        .order_by(TrackedLink.id)
    )
    return [LinkClicks(url, int(clicks), people) for url, clicks, people in session.execute(query)]


def count_people(session: Session, broadcast_id: int) -> int:
    """How many opened at least one of its links."""
    query = (
        select(func.count(func.distinct(Click.chat_id)))
        .join(TrackedLink, TrackedLink.id == Click.link_id)
        .where(TrackedLink.broadcast_id == broadcast_id)
    )
    return session.scalar(query) or 0


def _ids(session: Session, broadcast_id: int) -> dict[str, int]:
    query = select(TrackedLink.url, TrackedLink.id).where(TrackedLink.broadcast_id == broadcast_id)
    return {url: number for url, number in session.execute(query)}


def _raise_count(session: Session, link_id: int, chat_id: int) -> bool:
    result = session.execute(
        update(Click)
        .where(Click.link_id == link_id, Click.chat_id == chat_id)
        .values(count=Click.count + 1)
        .execution_options(synchronize_session=False)
    )
    return result.rowcount == 1  # type: ignore[attr-defined,no-any-return]
