"""A message to one chat, put into the outbox by the transaction that has a reason to send it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud.messages import messages
from appliance.models import Message, Priority
from appliance.telegram import html as telegram_html


def send_html(
    session: Session,
    chat_id: int,
    html: str,
    *,
    priority: Priority = Priority.REPLY,
    now: datetime | None = None,
    flush: bool = True,
    params: Mapping[str, Any] | None = None,
    **of_conversation: Any,
) -> Message:
    """Queue a text in Telegram's HTML; a thread shows it without its markup.

    `params` are further ones of sendMessage, a keyboard say. All else is as `messages.queue` has
    it.
    """
    return messages.queue(
        session,
        chat_id,
        "sendMessage",
        {"text": html, "parse_mode": "HTML", **(params or {})},
        priority=priority,
        text=telegram_html.parse(html)[0],
        now=now,
        flush=flush,
        **of_conversation,
    )
