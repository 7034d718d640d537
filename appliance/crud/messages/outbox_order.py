"""Which rows of the outbox may leave next: in order, and without a walk through a long queue.

Rows are read in the order of sending and as far as needed. Where thousands wait for a chat that may
not be written to yet, they would all be read for each claim; so after `WALKED` of them the chats
are visited instead, one look into an index for each.
"""

from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from appliance.models import DeliveryState, Message

OUTSTANDING = sql("messages.state IN (0, 1)")
"""Written out, not bound: SQLite uses a partial index only where it can see its condition."""

WALKED = 300  # rows
VISITED = 500  # chats

_GATHERING = Message.album_id.is_not(None) & (Message.created_at > bindparam("gathered"))
_PENDING = (
    select(Message.id, Message.chat_id, _GATHERING)
    .where(OUTSTANDING, Message.state == DeliveryState.PENDING)
    .order_by(Message.priority, Message.id)
)
_THESE = (
    select(Message.id, _GATHERING)
    .where(Message.id.in_(bindparam("ids", expanding=True)))
    .order_by(Message.priority, Message.id)
)
_UNDER_WAY = select(Message.chat_id).where(OUTSTANDING, Message.state == DeliveryState.SENDING)

# The chats after `after` for which something waits, by their ids, and the first row of each:
# a walk that jumps from chat to chat (a loose index scan, which neither database does by itself).
_FIRST_OF_CHATS = sql(
    """
    WITH RECURSIVE waiting (chat_id, number) AS (
        SELECT (SELECT m.chat_id FROM messages AS m
                WHERE m.state IN (0, 1) AND m.state = 0 AND m.chat_id > :after
                ORDER BY m.chat_id LIMIT 1), 1
        UNION ALL
        SELECT (SELECT m.chat_id FROM messages AS m
                WHERE m.state IN (0, 1) AND m.state = 0 AND m.chat_id > waiting.chat_id
                ORDER BY m.chat_id LIMIT 1), waiting.number + 1
        FROM waiting WHERE waiting.chat_id IS NOT NULL AND waiting.number < :most
    )
    SELECT waiting.chat_id,
           (SELECT m.id FROM messages AS m
            WHERE m.state IN (0, 1) AND m.state = 0 AND m.chat_id = waiting.chat_id
            ORDER BY m.priority, m.id LIMIT 1)
    FROM waiting WHERE waiting.chat_id IS NOT NULL
    """
)
_BEFORE_ALL = -(2**63)


def first_of_each(
    session: Session, limit: int, busy: frozenset[int], gathered: datetime, after: int | None = None
) -> list[int]:
    """The ids of up to `limit` rows to claim, one a chat, none for `busy` chats.

    `gathered`: an album that began later still waits for its parts, and holds its chat up. Where
    chats are visited, those after the chat `after` come first: whoever claims gives the last one.
    """
    connection = session.connection()
    closed = set(busy) | set(connection.execute(_UNDER_WAY).scalars())
    most = limit + WALKED
    rows = connection.execute(_PENDING.limit(most), {"gathered": gathered})
    walked, ids = 0, list[int]()
    with rows:
        for id, chat_id, gathers in rows:
            if len(ids) == limit:
                break
            walked += 1
            if chat_id not in closed:
                # Also by an album that gathers: what was queued after it must not overtake it.
                closed.add(chat_id)
                if not gathers:
                    ids.append(id)
    if walked < most or len(ids) == limit:
        return ids
    return ids + _of_others(session, limit - len(ids), closed, gathered, after)


def count_for(session: Session, chat_id: int, most: int) -> int:
    """How many wait for a chat, counted up to `most`."""
    mine = (OUTSTANDING, Message.state == DeliveryState.PENDING, Message.chat_id == chat_id)
    waiting = select(Message.id).where(*mine).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(waiting)) or 0


def _of_others(
    session: Session, limit: int, closed: set[int], gathered: datetime, after: int | None
) -> list[int]:
    """The first rows of chats that are not `closed`, whatever waits for those."""
    heads = _heads(session, _BEFORE_ALL if after is None else after)
    if after is not None and len(heads) < VISITED:
        heads |= _heads(session, _BEFORE_ALL)
    first = [id for chat_id, id in heads.items() if chat_id not in closed]
    # By their ids alone: with the condition of `_PENDING` SQLite would walk its index again.
    rows = session.connection().execute(_THESE, {"ids": first, "gathered": gathered})
    return [id for id, gathers in rows if not gathers][:limit]


def _heads(session: Session, after: int) -> dict[int, int]:
    rows = session.connection().execute(_FIRST_OF_CHATS, {"after": after, "most": VISITED})
    return {chat_id: id for chat_id, id in rows if id is not None}
