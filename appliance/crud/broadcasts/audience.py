"""Who a broadcast goes to, as a condition on chats; `services` parses what people write of it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session

from appliance.database import ROWS_PER_LOOK
from appliance.models import (
    Broadcast,
    Chat,
    ChatStatus,
    ChatType,
    Delivery,
    DeliveryState,
    Subscription,
    Topic,
    User,
)

ONLY_ON_THE_SITE = (ChatStatus.BLOCKED, ChatStatus.LOST, ChatStatus.NEW, ChatStatus.STOPPED)
"""Where the bot may not write to a person: members read their broadcasts on the site."""

OUT_OF_REACH = tuple(f"chat_{status}" for status in ONLY_ON_THE_SITE)
"""The reasons why they are `skipped` in a ledger: `freeze_unreachable`, or at the claim."""


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


def anybody(session: Session, audience: Audience) -> bool:
    """Whether anybody would; stops at the first, so no writer waits for a count of millions."""
    query = select(Chat.id).where(condition(audience)).limit(1)
    return session.execute(query).first() is not None


def count_change(session: Session, audience: Audience, since: Broadcast) -> tuple[int, int]:
    """How many are in it who were not when that broadcast was frozen, and how many no more."""
    had = select(Delivery.chat_id).where(_was_recipient(since))
    here = select(func.count(Chat.id)).where(condition(audience))
    joined = session.scalar(here.where(not_(had.where(Delivery.chat_id == Chat.id).exists()))) or 0
    before = session.scalar(select(func.count()).where(_was_recipient(since))) or 0
    stayed = (session.scalar(here) or 0) - joined
    return joined, before - stayed


def _was_recipient(broadcast: Broadcast) -> ColumnElement[bool]:
    """Without those whom the bot could not write to already when it was frozen.

    Whoever became unreachable later, before their turn, has the same reason and a later time.
    """
    frozen = int(broadcast.frozen_at.timestamp()) if broadcast.frozen_at else 0
    away = and_(
        Delivery.state == DeliveryState.SKIPPED,
        func.coalesce(Delivery.reason, "").in_(OUT_OF_REACH),
        Delivery.updated_at <= frozen,
    )
    return and_(Delivery.broadcast_id == broadcast.id, not_(away))


def freeze(
    session: Session, broadcast_id: int, audience: Audience, after: int | None, limit: int, now: int
) -> tuple[int, int | None]:
    """Write the next `limit` recipients into the ledger as pending, in the order of chat ids.

    Returns how many were written and the chat to go on after; None: all of them are in the ledger.
    A few thousand at a time: 3,000 hold other writers up for 12 ms, a million in one transaction
    for 430 ms.
    """
    end = _end_of_search(session, audience, after)
    chats = select(Chat.id).where(condition(audience), *_between(after, end))
    # In the order of the ledger's key: lines are added at its end, and the cursor is the last one.
    chunk = chats.order_by(Chat.id).limit(limit).subquery()
    written = _write(
        session,
        select(
            literal(broadcast_id),
            chunk.c.id,
            literal(int(DeliveryState.PENDING)),
            literal(0),
            literal(now),
        ).order_by(chunk.c.id),
    )
    if written < limit:
        return written, end
    # Not `end`: the limit was reached before it, and whoever is between must not be left out. The
    # ledger's key makes this one look.
    last = select(func.max(Delivery.chat_id)).where(Delivery.broadcast_id == broadcast_id)
    return written, session.scalar(last)


def freeze_unreachable(
    session: Session,
    broadcast_id: int,
    audience: Audience,
    after: int | None,
    end: int | None,
    now: int,
) -> dict[str, int]:
    """Write members it is meant for and the bot may not write to into the ledger, as skipped.

    They read it in their web inbox. The chats are those after `after`, up to `end`. Returns how
    many, by the reason written.
    """
    rows = select(
        literal(broadcast_id),
        Chat.id,
        literal(int(DeliveryState.SKIPPED)),
        literal(0),
        literal(now),
        literal("chat_").concat(Chat.status),
    ).where(
        Chat.status.in_(ONLY_ON_THE_SITE),
        Chat.user_id.is_not(None),
        _people(_meant(audience)),
        *_between(after, end),
    )
    if not _write(session, rows):
        return {}
    reasons = (
        select(Delivery.reason, func.count())
        .join(Chat, Chat.id == Delivery.chat_id)
        .where(
            Delivery.broadcast_id == broadcast_id,
            Delivery.state == DeliveryState.SKIPPED,
            *_between(after, end),
        )
        .group_by(Delivery.reason)
    )
    return {str(reason): number for reason, number in session.execute(reasons)}


def _write(session: Session, rows: Select) -> int:  # type: ignore[type-arg]
    """Into the ledger; returns how many."""
    names = ["broadcast_id", "chat_id", "state", "attempts", "updated_at", "reason"]
    columns = names[: len(rows.selected_columns)]
    # `preserve_rowcount`: SQLAlchemy keeps the number of inserted rows only when told to
    options = {"preserve_rowcount": True}
    statement = insert(Delivery).from_select(columns, rows)
    return session.connection().execute(statement, execution_options=options).rowcount


def _end_of_search(session: Session, audience: Audience, after: int | None) -> int | None:
    """The last chat to look at now; None: to the end.

    Ten people among a million would else be searched for in one transaction of 400 ms. Chats and
    users named one by one are found by their keys.
    """
    if all(term.kind in {"chat", "user"} for term in audience.to):
        return None
    chat_ids = select(Chat.id).where(*_between(after, None)).order_by(Chat.id)
    return session.scalar(chat_ids.offset(ROWS_PER_LOOK - 1).limit(1))


def _between(after: int | None, end: int | None) -> list[ColumnElement[bool]]:
    bounds = [] if after is None else [Chat.id > after]
    return bounds if end is None else [*bounds, Chat.id <= end]


def condition(audience: Audience) -> ColumnElement[bool]:
    """Chats that sent /stop, blocked the bot or removed it are never in an audience.

    Nor is anybody who opted out of a topic that `to` names, whichever other word names them; nor a
    group or channel that no admin has approved.
    """
    return and_(Chat.status == ChatStatus.ACTIVE, _meant(audience))


def _meant(audience: Audience) -> ColumnElement[bool]:
    """Whom the words mean, whether the bot can write to them or not."""
    # Here and nowhere else, so that no word names a group past it: docs/decisions.md, 31.
    destination = or_(Chat.type == ChatType.PRIVATE, Chat.approved)
    parts = [destination, or_(*map(_term, audience.to))]
    if audience.exclude:
        parts.append(not_(or_(*map(_term, audience.exclude))))
    if len(audience.to) > 1:  # a topic alone leaves them out by itself
        parts += [not_(_opted_out(term.value)) for term in audience.to if term.kind == "topic"]
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


def _subscribed(topic: str) -> ColumnElement[bool]:
    """What the chat chose, else the topic's default, which holds for people only.

    Never NULL, and nobody for a topic that is gone. One look by primary key a chat; SQLite asks
    for the topic itself once a statement.
    """
    chosen = (
        select(Subscription.subscribed)
        .where(Subscription.topic_id == _topic_id(topic), Subscription.chat_id == Chat.id)
        .scalar_subquery()
    )
    default = select(Topic.default_on).where(Topic.name == topic).scalar_subquery()
    return func.coalesce(chosen, _people(default), false())


def _opted_out(topic: str) -> ColumnElement[bool]:
    return exists().where(
        Subscription.topic_id == _topic_id(topic),
        Subscription.chat_id == Chat.id,
        Subscription.subscribed.is_(False),
    )


def _topic_id(name: str) -> ColumnElement[int]:
    return select(Topic.id).where(Topic.name == name).scalar_subquery()


_CONDITIONS: dict[str, Callable[[str], ColumnElement[bool]]] = {
    "all": lambda _: _people(),
    "linked": lambda _: _people(Chat.user_id.is_not(None)),
    "unlinked": lambda _: _people(Chat.user_id.is_(None)),
    "user": lambda value: _people(_linked_to(User.id == int(value))),
    "chat": lambda value: Chat.id == int(value),
    "role": lambda value: _people(_linked_to(User.role == value)),
    "lang": lambda value: _people(_language(value)),
    "topic": _subscribed,
    "groups": lambda _: Chat.type.in_(ChatType.GROUPS),
    "channels": lambda _: Chat.type == ChatType.CHANNEL,
}
