"""What left for groups in the last minute, by the ledger and the outbox.

A group takes 20 messages a minute, which an engine must know that began a second ago.
"""

from collections import defaultdict
from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from appliance.models import Broadcast, Delivery, Message


def to_groups(session: Session, since: int) -> dict[int, list[int]]:
    """By group the times (seconds since 1970) of what was tried since then, oldest first.

    An edit or recall leaves no time of its own and is not counted.
    """
    at = datetime.fromtimestamp(since, UTC)
    recent = select(Broadcast.id).where(
        Broadcast.started_at.is_not(None),
        or_(Broadcast.finished_at.is_(None), Broadcast.finished_at >= at),
    )
    # Groups have ids below zero, so they are the first lines of a ledger: no walk.
    ledger = select(Delivery.chat_id, Delivery.updated_at).where(
        Delivery.broadcast_id.in_(recent),
        Delivery.chat_id < 0,
        Delivery.attempts > 0,
        Delivery.updated_at >= since,
    )
    outbox = select(Message.chat_id, Message.finished_at).where(
        Message.chat_id < 0, Message.finished_at >= at
    )
    times: defaultdict[int, list[int]] = defaultdict(list)
    for group, tried_at in session.execute(ledger):
        times[group].append(tried_at)
    for group, finished_at in session.execute(outbox):
        if finished_at is not None:
            times[group].append(int(finished_at.timestamp()))
    return {group: sorted(moments) for group, moments in times.items()}
