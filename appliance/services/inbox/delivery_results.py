"""What follows in the inbox from the result of a call to the operators' group or to a person.

The engine calls this in the transaction that stores the result.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud.messages import threads
from appliance.models import MAX_ID, Message
from appliance.services.inbox import group_copies, operators_group

TOPIC_GONE = "message thread not found"
"""In Telegram's answer when a topic was deleted in the group."""

_NO_TOPICS = ("not enough rights", "not a forum")


def topic_made(session: Session, message_id: int, result: Any) -> None:
    """Telegram made a topic for a person: their copies go there from now on."""
    message = session.get(Message, message_id)
    topic_id = result.get("message_thread_id") if isinstance(result, dict) else None
    known = isinstance(topic_id, int) and 0 < topic_id <= MAX_ID
    if message is not None and message.about_chat_id is not None and known:
        group = operators_group.chosen_group(session)
        # Another group may have been chosen while Telegram made it: its id means nothing there.
        if group is not None and group.chat_id == message.chat_id:
            threads.set_topic(session, message.about_chat_id, topic_id)


def topic_refused(session: Session, message_id: int, description: str) -> None:
    """Where the bot may not make topics, copies go into the group itself from now on.

    Any other refusal concerns this one person's topic, and the next copy asks for it again.
    """
    # Only these two are about the group. Taking any refusal for one would end topics for everybody
    # because of one person's.
    if not any(sign in description.lower() for sign in _NO_TOPICS):
        return
    message, group = session.get(Message, message_id), operators_group.chosen_group(session)
    if message is not None and group is not None and group.chat_id == message.chat_id:
        operators_group.refuse_topics(session, group)


def topic_lost(session: Session, message_id: int) -> bool:
    """Forget the topic of a copy, for it was deleted. False where the copy had none."""
    message = session.get(Message, message_id)
    if message is None or message.about_chat_id in (None, message.chat_id):
        return False
    thread = threads.get(session, message.about_chat_id or 0)
    if thread is None or thread.group_topic_id is None:
        return False
    threads.set_topic(session, thread.chat_id, None)
    return True


def failed(session: Session, message_id: int, reason: str | None, now: datetime) -> None:
    """An operator's answer, or a copy, did not arrive: the group is told."""
    group_copies.undelivered(session, message_id, reason, now)
