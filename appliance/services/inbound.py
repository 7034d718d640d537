"""What a person writes to the bot, received: the one door for a new message and for an edited one.

It stands above `inbox` and `telegram_auth`, for a message that others will read ends the codes in
it: so no way into the inbox can forget that.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session
from telebot.types import Message

from appliance.models import Chat
from appliance.services import telegram_auth
from appliance.services.inbox import group_copies, incoming
from appliance.services.inbox.incoming import Kept
from appliance.services.inbox.message_parser import read


def receive(
    session: Session,
    chat: Chat,
    message: Message,
    site_url: str,
    now: datetime,
    *,
    edited: bool = False,
    text: str | None = None,
) -> Kept:
    """Keep a message in the person's thread and copy it to the operators' group, if there is one.

    `edited`: it is a new version of one that is there. `text` stands for the message's own words,
    where those must not be kept. Inside the caller's writing transaction; repeated it changes
    nothing, and is not copied again.
    """
    received = read(message)
    if text is not None:
        received = replace(received, text=text)
    # First: from here on operators can read it, on the site and in the group.
    readable = f"{received.text}\n{received.in_answer_to}"
    ended = telegram_auth.invalidate_codes_in(session, readable, now)
    keep = incoming.edit if edited else incoming.take
    stored = keep(session, chat.id, received, now)
    # A live location is edited every few seconds: the group would hear of nothing else.
    if stored.changed and not (edited and received.kind == incoming.MOVING):
        group_copies.copy(session, chat, received, site_url, now, edited=edited and not stored.new)
    return replace(stored, codes_ended=ended)
