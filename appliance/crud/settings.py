"""Values the program keeps for itself, by name."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from appliance.models import Setting, utcnow

BOT = "bot"
"""{"id", "username", "name"} of the bot, as getMe told them."""

SANDBOX = "sandbox"
"""{"url"} of the simulator that runs inside `serve`."""

FLOOD = "flood"
"""{"until": seconds since 1970}: Telegram asked every sender to be silent until then."""

POLL_PAUSE = "poll_pause"
"""{"until": seconds since 1970}: Telegram asked the poller to be silent until then."""

CENSUS = "census"
"""How many people and groups there are (`crud/chats/census.py`); counted now and then, the last
time at "at" (seconds since 1970)."""

INBOX = "inbox"
"""{"hours", "auto_reply"} of the shared inbox, see `services/inbox/settings.py`."""

OPERATORS = "operators"
"""{"chat_id", "topics", …} of the operators' group, see `services/inbox/operators_group.py`."""


def get_setting(session: Session, name: str) -> dict[str, Any] | None:
    setting = session.get(Setting, name)
    return setting.value if setting else None


def put_setting(
    session: Session, name: str, value: dict[str, Any], now: datetime | None = None
) -> None:
    """Store a value, over the old one. Inside the caller's writing transaction."""
    setting = session.get(Setting, name)
    if setting is None:
        setting = Setting(name=name)
        session.add(setting)
    setting.value = value
    setting.updated_at = now or utcnow()
    session.flush()


def simulator_url(session: Session) -> str | None:
    """Where the simulator inside `serve` listens, or did; None where there never was one."""
    stored = get_setting(session, SANDBOX)
    return str(stored["url"]) if stored else None


def pause_until(session: Session, name: str) -> float:
    """When a stored pause ends, in seconds since 1970; 0.0: there is none. A look by key."""
    value = session.connection().execute(_VALUE, {"wanted": name}).scalar()
    return float((value or {}).get("until", 0))


# Built once: the engine asks with every transaction in which something may be new.
_VALUE = select(Setting.value).where(Setting.name == bindparam("wanted"))


def prolong_pause(session: Session, name: str, until: float, now: datetime | None = None) -> None:
    """Store that a pause (FLOOD, POLL_PAUSE) lasts until then, unless it lasts longer already."""
    if until > pause_until(session, name):
        put_setting(session, name, {"until": until}, now)
