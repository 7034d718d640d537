"""Albums whose messages Telegram did not number one after the other.

The ledger has the first message of an album, and the others follow it: so it was in every answer
seen, but Telegram does not promise it. Where an answer says otherwise its ids are kept here, as a
call that is no message, for as long as those are kept: Telegram deletes nothing older anyway.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from appliance.models import Chat, DeliveryState, Direction, Message, utcnow

METHOD = "sendMediaGroup"


def remember(session: Session, broadcast_id: int, chat_id: int, ids: Sequence[int]) -> None:
    """Keep the ids of a broadcast's messages to one chat, unless that chat is forgotten.

    Of two albums that were sent the later counts, as in the ledger.
    """
    if session.get(Chat, chat_id) is None:
        return
    key = _key(broadcast_id, chat_id)
    row = session.scalar(select(Message).where(Message.key == key))
    if row is None:
        row = Message(
            chat_id=chat_id,
            direction=Direction.OUT,
            visible=False,
            method=METHOD,
            state=DeliveryState.SENT,
            key=key,
        )
        session.add(row)
    row.params, row.finished_at = {"message_ids": list(ids)}, utcnow()
    session.flush()


def ids_of(session: Session, broadcast_id: int, chat_ids: Iterable[int]) -> dict[int, list[int]]:
    """The kept ids by chat; a chat whose ids follow one another is left out."""
    keys = [_key(broadcast_id, chat_id) for chat_id in chat_ids]
    query = select(Message.chat_id, Message.params).where(Message.key.in_(keys))
    return {
        chat_id: list((params or {})["message_ids"]) for chat_id, params in session.execute(query)
    }


def _key(broadcast_id: int, chat_id: int) -> str:
    return f"album:{broadcast_id}:{chat_id}"
