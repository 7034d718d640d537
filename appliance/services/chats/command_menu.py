"""Telegram's menu of commands: who sees which, in which language.

The general menus are published when the bot starts (`bot/telegram.py`). The menu of one chat is a
row of the outbox, queued with the change that it follows: a role, a link, another language.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from appliance.crud.messages import messages
from appliance.models import Chat, Priority, Role, User
from appliance.services.i18n.catalog import choose, phrase

PEOPLE = ("link", "topics", "quiet", "me", "language", "help", "unlink", "stop", "start")
"""In the order of Telegram's menu."""

GROUPS = ("help",)
"""In groups, where the bot only replies that it answers in private."""

GROUP_ADMINS = ("operators", "help")
"""For administrators of groups; /operators works for those who are admins of the site."""

_BY_ROLE: dict[str, tuple[str, ...]] = {
    Role.OPERATOR: ("stats",),
    Role.ADMIN: ("stats", "broadcast", "approve"),
}


def commands_for(role: str | None) -> tuple[str, ...]:
    """The commands of somebody with this role; None: no account is linked."""
    return (*PEOPLE, *_BY_ROLE.get(role or "", ()))


def descriptions(language: str, commands: Iterable[str]) -> dict[str, str]:
    """The text beside each command in the menu."""
    return {command: phrase(language, f"command_{command}") for command in commands}


def publish(session: Session, chat: Chat, default_language: str, now: datetime) -> None:
    """Queue the menu of one chat, for its role now and in its language."""
    language = choose(chat.language, default_language)
    commands = descriptions(language, commands_for(chat.role))
    params = {
        "commands": [{"command": name, "description": text} for name, text in commands.items()],
        "scope": {"type": "chat", "chat_id": chat.id},
    }
    messages.queue(
        session,
        chat.id,
        "setMyCommands",
        params,
        priority=Priority.REPLY,
        visible=False,
        now=now,
    )


def follow(session: Session, chat: Chat, user: User, now: datetime) -> None:
    """After a link to this user, or its end: add or remove the commands of their role."""
    # Members have the general menu: a million links must not be a million calls.
    if user.role in _BY_ROLE:
        publish(session, chat, user.language, now)
