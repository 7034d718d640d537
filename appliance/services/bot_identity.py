"""Who the bot is, by the last answer to getMe: stored for the parts that do not ask Telegram."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from appliance.crud import updates
from appliance.crud.settings import BOT, get_setting, put_setting


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """The bot's id and name; 0 and None before it first ran."""

    id: int = 0
    username: str | None = None

    def is_named(self, username: str) -> bool:
        """Whether `@username` is this bot, in any case."""
        return self.username is not None and self.username.lower() == username.lower()


def current(session: Session) -> BotIdentity:
    stored = get_setting(session, BOT) or {}
    return BotIdentity(int(stored.get("id", 0)), stored.get("username"))


def store(session: Session, bot: dict[str, Any]) -> None:
    """Keep what getMe told. Another bot than before numbers its updates anew."""
    before = get_setting(session, BOT)
    if before is not None and before.get("id") != bot["id"]:
        updates.begin_anew(session)
    put_setting(session, BOT, bot)
