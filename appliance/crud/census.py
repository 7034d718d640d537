"""How many there are: accounts, people the bot reaches, groups and channels."""

from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from appliance.models import Chat, ChatStatus, ChatType, User

SMALL = 20_000
"""Chats; fewer are counted in 20 ms."""

_AWAY = {ChatStatus.BLOCKED, ChatStatus.LEFT}


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
    some = select(Chat.id).limit(limit).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) < limit


def take(session: Session) -> Census:
    """One walk over all chats, a second for a million: never in a writing transaction."""
    rows = session.execute(
        select(
            Chat.type, Chat.status, Chat.approved, func.count(), func.count(Chat.user_id)
        ).group_by(Chat.type, Chat.status, Chat.approved)
    ).all()
    people = [row for row in rows if row[0] == ChatType.PRIVATE]
    active = [row for row in rows if row[1] == ChatStatus.ACTIVE]
    groups = [row for row in active if row[0] != ChatType.PRIVATE]
    return Census(
        members=session.scalar(select(func.count(User.id))) or 0,
        linked=sum(row[4] for row in rows),
        reachable=sum(row[3] for row in active if row[0] == ChatType.PRIVATE),
        stopped=sum(row[3] for row in people if row[1] == ChatStatus.STOPPED),
        unreachable=sum(row[3] for row in people if row[1] in _AWAY),
        groups=sum(row[3] for row in groups if row[2]),
        waiting=sum(row[3] for row in groups if not row[2]),
    )
