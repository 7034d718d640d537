"""Groups and channels as destinations of broadcasts: an admin of the site has to approve each."""

from datetime import datetime

from sqlalchemy.orm import Session

from appliance.crud.chats import chats
from appliance.errors import Conflict, localized
from appliance.models import Chat, ChatStatus, ChatType
from appliance.services.inbox import operators_group


def decide(
    session: Session, chat_id: int, approved: bool, by: int | None, now: datetime | None = None
) -> Chat:
    """Approve a group or channel, or refuse it; `by` is the admin's id.

    A group that is refused is no longer the operators' group either.
    Raises NotFound. Raises Conflict for a person's chat, and for one that the bot is not in.
    """
    chat = chats.find(session, chat_id)
    if chat.type == ChatType.PRIVATE:
        raise Conflict(
            localized("{id} is a person: only groups and channels need approval", id=chat_id)
        )
    if approved and chat.status == ChatStatus.LEFT:
        raise Conflict(
            localized("the bot is not in {name} any more: add it there first", name=chat.name)
        )
    # Also a refusal of one that never was approved: `approved_by` says that somebody has decided.
    if chat.approved != approved or chat.approved_by is None:
        chats.set_approved(session, chat, approved, by, now)
    if not approved:
        operators_group.lose_group(session, chat_id, now)
    return chat
