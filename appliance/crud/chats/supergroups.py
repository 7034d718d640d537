"""A group that became a supergroup: a new id, and everything that names the old one."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session, aliased

from appliance.crud import settings
from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats
from appliance.crud.messages.row_locks import in_order
from appliance.models import (
    Broadcast,
    BroadcastStatus,
    Chat,
    ChatStatus,
    ChatType,
    Delivery,
    DeliveryState,
    Message,
    Schedule,
    Subscription,
)

_UNFINISHED = (
    BroadcastStatus.DRAFT,
    BroadcastStatus.SCHEDULED,
    BroadcastStatus.RUNNING,
    BroadcastStatus.PAUSED,
    BroadcastStatus.HALTED,
)


def migrate(session: Session, old: int, new: int, now: datetime | None = None) -> None:
    """What is known of a group moves to its new id: an approval and a /stop too.

    So do its choices, its messages, what waits for it in the ledger, and the words by which
    broadcasts to come and schedules name it. Telegram may tell twice, here and in the new group.

    A supergroup numbers its messages anew, so the ids of the old ones are forgotten: under the new
    chat they would be other people's words. What a broadcast has sent stays in the ledger under
    the old id, where an edit or a recall finds nothing any more.
    """
    chats.lock(session, [old, new])
    was = session.get(Chat, old)
    if was is None:
        return
    unknown = session.get(Chat, new) is None
    chat = chats.remember(
        session,
        new,
        type=ChatType.SUPERGROUP,
        title=was.title,
        username=was.username,
        language=was.language,
        now=now,
    )
    # /stop is a wish and moves along; any other status the new chat has told by itself.
    if unknown or was.status == ChatStatus.STOPPED:
        chat.status = was.status
    if was.approved and not chat.approved:
        chat.approved, chat.approved_by = True, was.approved_by
    chat.timezone, chat.quiet = chat.timezone or was.timezone, chat.quiet or was.quiet
    # Before any line of theirs, or beside somebody who sweeps one it would be a deadlock.
    broadcasts.lock_unfinished(session)
    # Deleted last: its messages and choices would go with it (ON DELETE CASCADE).
    _move_rows(session, old, new)
    _move_words(session, old, new)
    _remember(session, old, new)
    session.delete(was)
    session.flush()


def _remember(session: Session, old: int, new: int) -> None:
    """`chats.find` goes on finding it; also by the ids that were older still."""
    moved = settings.get_setting(session, settings.MOVED_CHATS) or {}
    moved = {known: new if at == old else at for known, at in moved.items()}
    settings.put_setting(session, settings.MOVED_CHATS, {**moved, str(old): new})


def _move_rows(session: Session, old: int, new: int) -> None:
    session.execute(
        update(Message)
        .where(in_order(Message.chat_id == old))
        .values(chat_id=new, message_id=None)
        .execution_options(synchronize_session=False)
    )
    # What the new chat has chosen, or been sent, itself stays; the keys would collide.
    chosen = aliased(Subscription)
    already_chosen = exists().where(chosen.chat_id == new, chosen.topic_id == Subscription.topic_id)
    session.execute(
        update(Subscription)
        .where(Subscription.chat_id == old, ~already_chosen)
        .values(chat_id=new)
        .execution_options(synchronize_session=False)
    )
    line = aliased(Delivery)
    known_line = exists().where(line.chat_id == new, line.broadcast_id == Delivery.broadcast_id)
    session.execute(
        update(Delivery)
        .where(
            # by broadcast first: that is how the ledger is keyed
            Delivery.broadcast_id.in_(
                select(Broadcast.id).where(Broadcast.status.in_(_UNFINISHED))
            ),
            Delivery.chat_id == old,
            Delivery.state == DeliveryState.PENDING,
            ~known_line,
        )
        .values(chat_id=new)
        .execution_options(synchronize_session=False)
    )


def _move_words(session: Session, old: int, new: int) -> None:
    """`chat:OLD` of what has yet to find its recipients, and the group the operators sit in."""
    waiting = select(Broadcast).where(
        Broadcast.frozen_at.is_(None), Broadcast.status.in_(_UNFINISHED)
    )
    for broadcast in session.scalars(waiting):
        broadcast.audience = _renamed(broadcast.audience, old, new)
    for schedule in session.scalars(select(Schedule)):
        schedule.template = _renamed(schedule.template, old, new)
    operators = settings.get_setting(session, settings.OPERATORS)
    if operators is not None and operators.get("chat_id") == old:
        settings.put_setting(session, settings.OPERATORS, {**operators, "chat_id": new})


def _renamed(document: dict[str, Any], old: int, new: int) -> dict[str, Any]:
    def words(value: object) -> object:
        if not isinstance(value, Iterable) or isinstance(value, str):
            return value
        return [f"chat:{new}" if term == f"chat:{old}" else term for term in value]

    changed = {name: words(document[name]) for name in _AUDIENCE if name in document}
    return {**document, **changed}


_AUDIENCE = ("to", "not", "exclude")
