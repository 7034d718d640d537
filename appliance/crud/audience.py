"""Who a broadcast goes to, as a condition on chats. `services/audience.py` parses the words."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, insert, literal, not_, or_, select
from sqlalchemy.orm import Session

from appliance.models import Chat, ChatStatus, ChatType, Delivery, DeliveryState, User


@dataclass(frozen=True, slots=True)
class Term:
    """One word of an audience: a kind and, for most, a value (`role:admin` → role, admin)."""

    kind: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.value else self.kind


@dataclass(frozen=True, slots=True)
class Audience:
    """Everyone in any of `to` who is in none of `exclude`."""

    to: tuple[Term, ...]
    exclude: tuple[Term, ...] = ()

    def as_dict(self) -> dict[str, list[str]]:
        return {"to": [str(t) for t in self.to], "not": [str(t) for t in self.exclude]}


def count(session: Session, audience: Audience) -> int:
    """How many would receive it now."""
    return session.scalar(select(func.count(Chat.id)).where(condition(audience))) or 0


def freeze(
    session: Session, broadcast_id: int, audience: Audience, after: int | None, limit: int, now: int
) -> tuple[int, int | None]:
    """Write the next `limit` recipients into the ledger as pending, in the order of chat ids.

    Returns how many were written and the last chat id among them. A few thousand at a time:
    5,000 hold other writers up for 6 ms, a million in one transaction for 430 ms.
    """
    recipients = select(Chat.id).where(condition(audience)).order_by(Chat.id).limit(limit)
    if after is not None:
        recipients = recipients.where(Chat.id > after)
    chunk = recipients.subquery()
    # `preserve_rowcount`: SQLAlchemy keeps the number of inserted rows only when told to
    written = (
        session.connection()
        .execute(
            insert(Delivery).from_select(
                ["broadcast_id", "chat_id", "state", "attempts", "updated_at"],
                select(
                    literal(broadcast_id),
                    chunk.c.id,
                    literal(int(DeliveryState.PENDING)),
                    literal(0),
                    literal(now),
                ).order_by(chunk.c.id),
            ),
            execution_options={"preserve_rowcount": True},
        )
        .rowcount
    )
    last = session.scalar(
        select(func.max(Delivery.chat_id)).where(Delivery.broadcast_id == broadcast_id)
    )
    return written, last


def condition(audience: Audience) -> ColumnElement[bool]:
    """People who said /stop, blocked the bot or removed it are never in an audience."""
    parts = [Chat.status == ChatStatus.ACTIVE, or_(*map(_term, audience.to))]
    if audience.exclude:
        parts.append(not_(or_(*map(_term, audience.exclude))))
    return and_(*parts)


def _term(term: Term) -> ColumnElement[bool]:
    return _CONDITIONS[term.kind](term.value)


def _people(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Groups and channels are destinations only when they are named."""
    return and_(Chat.type == ChatType.PRIVATE, *conditions)


def _language(code: str) -> ColumnElement[bool]:
    # "unknown language" must be false, not NULL: NOT NULL would drop people from an exclusion
    language = func.coalesce(Chat.language, "")
    return or_(language == code, language.startswith(f"{code}-", autoescape=True))


def _linked_to(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    users = select(User.id).where(*conditions)
    return and_(Chat.user_id.is_not(None), Chat.user_id.in_(users))


_CONDITIONS: dict[str, Callable[[str], ColumnElement[bool]]] = {
    "all": lambda _: _people(),
    "linked": lambda _: _people(Chat.user_id.is_not(None)),
    "unlinked": lambda _: _people(Chat.user_id.is_(None)),
    "user": lambda value: _people(_linked_to(User.id == int(value))),
    "chat": lambda value: Chat.id == int(value),
    "role": lambda value: _people(_linked_to(User.role == value)),
    "lang": lambda value: _people(_language(value)),
}
