"""Values the program keeps for itself, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
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
"""{"until", "seconds", "cleared"}: Telegram asked every sender to be silent, see `Pause`."""

POLL_PAUSE = "poll_pause"
"""{"until", "seconds"}: Telegram asked the poller to be silent, see `Pause`."""

CHAT_PAUSES = "chat_pauses"
"""{chat id: {"until", "seconds"}}: Telegram asked for silence in one chat, see `Pause`."""

MOVED_CHATS = "moved_chats"
"""{old chat id: new}: groups that became supergroups; programs go on naming the old ids."""

CENSUS = "census"
"""How many people and groups there are (`crud/chats/census.py`); counted now and then, the last
time at "at" (seconds since 1970)."""

INBOX = "inbox"
"""{"hours", "auto_reply"} of the shared inbox, see `services/inbox/settings.py`."""

OPERATORS = "operators"
"""{"chat_id", "topics", …} of the operators' group, see `services/inbox/operators_group.py`."""

REFUSED_ALERTS = "refused_alerts"
"""{token id: {"token", "count", "reason", "at"}}, see `services/alerts/refused.py`."""

MERGED_COPIES = "merged_copies"
"""{"row", "count"}: the line about messages that the operators' group gets no copies of."""


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


LONGEST_PAUSE = 24 * 3600.0
"""Seconds: of a pause that was stored without its length, by an earlier version."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence that Telegram asked for: a length, and when it ends by the clock of that time.

    `until` and `cleared` (when a person ended all pauses) are in seconds since 1970.
    """

    until: float = 0.0
    seconds: float = 0.0
    cleared: float = 0.0

    def left(self, wall: float) -> float:
        """Seconds from now on; never more than was asked for, also when the clock was set back."""
        return max(0.0, min(self.until - wall, self.seconds))

    @classmethod
    def load(cls, stored: Mapping[str, Any] | None) -> "Pause":
        value = stored or {}
        until = float(value.get("until", 0))
        return cls(until, float(value.get("seconds", LONGEST_PAUSE)), value.get("cleared", 0.0))

    def dump(self) -> dict[str, float]:
        return {"until": self.until, "seconds": self.seconds, "cleared": self.cleared}


def pause_of(session: Session, name: str) -> Pause:
    """A stored pause (FLOOD, POLL_PAUSE). A look by key."""
    return Pause.load(session.connection().execute(_VALUE, {"wanted": name}).scalar())


# Built once: the engine asks with every transaction in which something may be new.
_VALUE = select(Setting.value).where(Setting.name == bindparam("wanted"))


def prolong_pause(session: Session, name: str, seconds: float, now: datetime) -> None:
    """Store that a pause (FLOOD, POLL_PAUSE) lasts so long from now, unless it lasts longer."""
    stored, wall = pause_of(session, name), now.timestamp()
    if seconds > stored.left(wall):
        put_setting(session, name, Pause(wall + seconds, seconds, stored.cleared).dump(), now)


def pause_chat(session: Session, chat_id: int, seconds: float, now: datetime) -> None:
    """Store that one chat gets nothing for so long; pauses that are over are forgotten."""
    wall = now.timestamp()
    pauses = {**chat_pauses(session, wall), chat_id: Pause(wall + seconds, seconds)}
    put_setting(
        session, CHAT_PAUSES, {str(chat): pause.dump() for chat, pause in pauses.items()}, now
    )


def chat_pauses(session: Session, wall: float) -> dict[int, Pause]:
    """The pauses of single chats that are not over, by chat id."""
    stored = get_setting(session, CHAT_PAUSES) or {}
    pauses = {int(chat): Pause.load(value) for chat, value in stored.items()}
    return {chat: pause for chat, pause in pauses.items() if pause.left(wall)}


def clear_pauses(session: Session, now: datetime) -> None:
    """End every pause at once: a person knows better. The engine sees it by `cleared`."""
    put_setting(session, FLOOD, Pause(cleared=now.timestamp()).dump(), now)
    put_setting(session, POLL_PAUSE, Pause().dump(), now)
    put_setting(session, CHAT_PAUSES, {}, now)
