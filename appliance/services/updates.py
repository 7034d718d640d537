"""Updates as they arrive, by webhook or by polling: who may bring them, and how they are stored.

The webhook's secret is derived, not stored: every process of the site knows it, it changes with
the bot's token, and nobody has to invent one.
"""

import hmac
import json
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from appliance.config import Settings
from appliance.crud import updates
from appliance.crud.updates import NewUpdate
from appliance.errors import Invalid
from appliance.models import MAX_ID

WEBHOOK_PATH = "/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a name


def webhook_url(settings: Settings) -> str:
    """Where Telegram is to bring updates."""
    return f"{settings.site_url}{WEBHOOK_PATH}"


def webhook_secret(settings: Settings) -> str:
    """What Telegram sends with each update: 64 characters, all of them allowed in a header."""
    text = f"telegram webhook {settings.bot_token}"
    return hmac.new(settings.secret_key.encode(), text.encode(), sha256).hexdigest()


def is_from_telegram(settings: Settings, secret: str | None) -> bool:
    """Whether the secret is right, compared in constant time."""
    expected = webhook_secret(settings).encode()
    return hmac.compare_digest(expected, (secret or "").encode("utf-8", "replace"))


def receive(session: Session, raw: object, now: datetime) -> bool:
    """Store one update in the caller's transaction; False: it is known. Raises Invalid."""
    return updates.store(session, [read(raw)], now) == 1


def read(raw: object) -> NewUpdate:
    """An update from JSON. Raises Invalid without an `update_id`."""
    payload: dict[str, Any] = raw if isinstance(raw, dict) else {}
    update_id = payload.get("update_id")
    if type(update_id) is not int or not 0 <= update_id <= MAX_ID:
        raise Invalid(f"invalid update_id: expected a whole number from 0 to {MAX_ID}")
    return NewUpdate(update_id, chat_id_of(payload), _storable(payload))


def _storable(payload: dict[str, Any]) -> dict[str, Any]:
    """With "?" in place of halves of surrogate pairs. JSON may contain them; no database and no
    call to Telegram takes them, so handling the update would fail each time.
    """
    text = json.dumps(payload, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        whole: dict[str, Any] = json.loads(text.encode("utf-8", "replace"))
        return whole
    return payload


def chat_id_of(payload: dict[str, Any]) -> int | None:
    """The chat that an update of any type is about; None for the few that have none."""
    for body in payload.values():
        if not isinstance(body, dict):
            continue
        message = body.get("message")
        for holder in (body, message if isinstance(message, dict) else {}):
            chat = holder.get("chat")
            chat_id = chat.get("id") if isinstance(chat, dict) else None
            if type(chat_id) is int and abs(chat_id) <= MAX_ID:
                return chat_id
    return None
