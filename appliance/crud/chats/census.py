"""How many there are: accounts, people the bot reaches, groups and channels."""

from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, ColumnExpressionArgument, func, select
from sqlalchemy.orm import Session

from appliance.models import Chat, ChatStatus, ChatType, User

SMALL = 20_000
"""Chats; fewer are counted in 20 ms."""


@dataclass(frozen=True, slots=True)
class Census:
    """`linked` accounts of `members`; people by whether the bot may write; `groups` by approval."""

    members: int = 0
    linked: int = 0
    reachable: int = 0
    stopped: int = 0
    unreachable: int = 0
    groups: int = 0
    waiting: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def is_small(session: Session, limit: int = SMALL) -> bool:
    """Whether there are fewer chats than that; looks at no more of them."""
    # Counted up to the limit only: without it this would be the walk it is to prevent.
    some = select(Chat.id).limit(limit).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) < limit


def take(session: Session) -> Census:
    """One walk over all chats, a second for a million: never in a writing transaction.

    Without GROUP BY, for which SQLite would sort them all: 63 MB for a million.
    """
    person, active = Chat.type == ChatType.PRIVATE, Chat.status == ChatStatus.ACTIVE
    row = session.execute(
        select(
            func.count(Chat.user_id).label("linked"),
            _count(person, active).label("reachable"),
            _count(person, Chat.status == ChatStatus.STOPPED).label("stopped"),
            _count(person, Chat.status.in_(ChatStatus.GONE)).label("unreachable"),
            _count(~person, active, Chat.approved).label("groups"),
            _count(~person, active, ~Chat.approved).label("waiting"),
        ).select_from(Chat)
    ).one()
    return Census(members=session.scalar(select(func.count(User.id))) or 0, **row._asdict())


def _count(*conditions: ColumnExpressionArgument[bool]) -> ColumnElement[int]:
    return func.count().filter(*conditions)
