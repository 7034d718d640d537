"""What is said again within a moment is answered once."""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from appliance.models import DeliveryState, Direction, Message

_LOOKED_AT = 30  # rows of a chat: ten times the same, each with two answers


def answers_since(
    session: Session, chat_id: int, text: str, params: dict[str, Any] | None, since: datetime
) -> list[Message]:
    """The answers to this very message, where it is the last that came from the chat since then.

    Only those after which nothing else was said there, and no button pressed.
    """
    rows = session.scalars(
        select(Message)
        .where(Message.chat_id == chat_id, Message.created_at > since)
        .order_by(Message.id.desc())
        .limit(_LOOKED_AT)
    )
    same = list(takewhile(lambda row: _is_out(row) or _says(row, text, params), rows))
    # An answer is queued at the moment of what it answers; anything else is something new.
    moments = {row.created_at for row in same if not _is_out(row)}
    answers = filter(_is_out, same)
    return list(takewhile(lambda row: row.created_at in moments and not _is_press(row), answers))


def say_once(session: Session, chat_id: int, said: Sequence[Message]) -> None:
    """Take back what was queued after `said` and says nothing else than that.

    Where it has other buttons, for those of an earlier question are void, it is the earlier one
    that is taken back, if it waits still; unless it has a key, by which it is counted.
    """
    newest = max(row.id for row in said)
    rows = session.scalars(
        select(Message).where(Message.chat_id == chat_id, Message.id > newest, ~_INCOMING)
    )
    former = list(said)
    for row in rows.all():
        alike = [other for other in former if _alike(row, other)]
        if any(other.params == row.params for other in alike):
            session.delete(row)
            continue
        for other in alike:
            if other.state == DeliveryState.PENDING and other.key is None:
                former.remove(other)
                session.delete(other)


_INCOMING = Message.direction == Direction.IN


def _is_out(row: Message) -> bool:
    return row.direction == Direction.OUT


def _says(row: Message, text: str, params: dict[str, Any] | None) -> bool:
    return (row.text, row.params) == (text, params)


def _is_press(row: Message) -> bool:
    return row.method == "answerCallbackQuery"


def _alike(row: Message, other: Message) -> bool:
    return (row.method, row.visible, row.text) == (other.method, other.visible, other.text)
