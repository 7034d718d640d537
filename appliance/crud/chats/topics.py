"""Topics, and what people chose about them. Who gets what is in `crud/broadcasts/audience.py`."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from appliance.crud import deliveries
from appliance.crud.deliveries import DeliveryOutcome
from appliance.errors import Conflict, NotFound, localized
from appliance.models import (
    MAX_ID,
    Broadcast,
    BroadcastStatus,
    Delivery,
    DeliveryState,
    Schedule,
    Subscription,
    Topic,
    utcnow,
)

OPTED_OUT = "opted_out"

_UNFINISHED = (
    BroadcastStatus.SCHEDULED,  # its audience is being written down
    BroadcastStatus.RUNNING,
    BroadcastStatus.PAUSED,
    BroadcastStatus.HALTED,
)


def get(session: Session, topic_id: int) -> Topic | None:
    return session.get(Topic, topic_id) if 0 < topic_id <= MAX_ID else None


def find(session: Session, name: str) -> Topic:
    """Raises NotFound."""
    # Others are not looked up: PostgreSQL takes no NUL, half a surrogate pair has no bytes.
    valid = name.isascii() and "\0" not in name
    topic = session.scalar(select(Topic).where(Topic.name == name)) if valid else None
    if topic is None:
        raise NotFound(
            localized("there is no topic {name}; `appliance topic list` shows all", name=name)
        )
    return topic


def list_all(session: Session) -> Sequence[Topic]:
    """By name."""
    return session.scalars(select(Topic).order_by(Topic.name)).all()


def default_names(session: Session) -> Sequence[str]:
    """Of the topics that everybody has who did not opt out."""
    return session.scalars(select(Topic.name).where(Topic.default_on)).all()


def add(
    session: Session,
    name: str,
    title: str,
    title_ru: str | None = None,
    *,
    default_on: bool = True,
    now: datetime | None = None,
) -> Topic:
    """Raises Conflict: the name is taken."""
    topic = Topic(
        name=name,
        title=title,
        title_ru=title_ru,
        default_on=default_on,
        created_at=now or utcnow(),
    )
    try:
        with session.begin_nested():
            session.add(topic)
    except IntegrityError:
        raise Conflict(localized("there is a topic {name} already", name=name)) from None
    return topic


def remove(session: Session, topic: Topic) -> None:
    """With what everybody chose about it."""
    session.delete(topic)
    session.flush()


def choices(session: Session, chat_id: int) -> dict[int, bool]:
    """What the chat chose, by topic; where nothing is said the topic's default holds."""
    rows = session.execute(
        select(Subscription.topic_id, Subscription.subscribed).where(
            Subscription.chat_id == chat_id
        )
    )
    return {topic_id: subscribed for topic_id, subscribed in rows}


def choose(
    session: Session,
    topic_id: int,
    chat_id: int,
    subscribed: bool,
    *,
    broadcast_id: int | None = None,
    now: datetime | None = None,
) -> None:
    """Keep a choice, and the broadcast whose button made it; the same again keeps the first.

    Whoever opts out gets nothing of the topic that still waits for them.
    """
    now = now or utcnow()
    chosen = session.get(Subscription, (topic_id, chat_id))
    if chosen is None:
        chosen = Subscription(topic_id=topic_id, chat_id=chat_id)
        session.add(chosen)
    if chosen.subscribed != subscribed:
        chosen.subscribed = subscribed
        chosen.broadcast_id = broadcast_id
        chosen.updated_at = now
        session.flush()
    if not subscribed:
        skip_pending_for(session, topic_id, [chat_id], now)


def skip_pending_for(
    session: Session, topic_id: int, chat_ids: Collection[int], now: datetime
) -> None:
    """These chats opted out: skip what waits for them in broadcasts whose `to` names the topic.

    Whatever else `to` names: so it is when an audience is frozen, too
    (`crud/broadcasts/audience.py`).
    What is leaving at this moment leaves. Somebody who comes back gets the next one.
    """
    for number in _waiting(session, topic_id):
        rows = select(Delivery.chat_id).where(
            Delivery.broadcast_id == number,
            Delivery.chat_id.in_(chat_ids),
            Delivery.state == DeliveryState.PENDING,
        )
        # PostgreSQL: what the engine is claiming is not waited for
        unclaimed = session.scalars(rows.with_for_update(skip_locked=True))
        skipped = [
            DeliveryOutcome(chat_id, DeliveryState.SKIPPED, OPTED_OUT, counts=False)
            for chat_id in unclaimed
        ]
        at, was = int(now.timestamp()), DeliveryState.PENDING
        deliveries.record(session, number, skipped, at, was)


def _waiting(session: Session, topic_id: int) -> Sequence[int]:
    """Unfinished broadcasts that go to a topic, locked, in the order in which the engine has them.

    Locked (on PostgreSQL), because another part of their audience may be on its way into the
    ledger: either it is seen here, or the writer sees the choice.
    """
    topic = session.get_one(Topic, topic_id)
    unfinished = Broadcast.status.in_(_UNFINISHED)
    rows = session.execute(select(Broadcast.id, Broadcast.audience).where(unfinished))
    named = [number for number, audience in rows if _word(topic) in audience["to"]]
    if not named:
        return []
    locked = select(Broadcast.id).where(Broadcast.id.in_(named), unfinished)
    order = locked.order_by(Broadcast.id)  # as `list_active` does: two orders are a deadlock
    return session.scalars(order.with_for_update(key_share=True)).all()


def was_recipient(session: Session, chat_id: int, broadcast_id: int) -> bool:
    """Whether the broadcast was for this chat: what a button says of itself proves nothing."""
    if not 0 < broadcast_id <= MAX_ID:
        return False
    return session.get(Delivery, (broadcast_id, chat_id)) is not None


def unfrozen(session: Session, topic: Topic) -> Sequence[int]:
    """Broadcasts that name the topic and whose recipients are not written down yet."""
    ended = (BroadcastStatus.CANCELLED, BroadcastStatus.DONE)
    open_ = select(Broadcast).where(Broadcast.frozen_at.is_(None), Broadcast.status.not_in(ended))
    term = _word(topic)
    rows = session.scalars(open_.order_by(Broadcast.id))
    return [row.id for row in rows if term in [*row.audience["to"], *row.audience["not"]]]


def schedules_of(session: Session, topic: Topic) -> Sequence[str]:
    """The names of the schedules whose audience names the topic."""
    term = _word(topic)
    rows = session.scalars(select(Schedule).order_by(Schedule.id))
    words = {
        row.name: [*row.template.get("to", []), *row.template.get("exclude", [])] for row in rows
    }
    return [name for name, said in words.items() if term in said]


def _word(topic: Topic) -> str:
    """By which audiences name it."""
    return f"topic:{topic.name}"
