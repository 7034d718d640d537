"""Which handler answers what.

A table of our own instead of telebot's registry: telebot hands a handler the message only, keeps
its errors to itself and sorts a batch of updates by type. Here a handler gets the transaction it
works in, an error reaches the one place that rolls back, and the whole dispatch is a look into a
dictionary.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session
from telebot.types import ChatMemberUpdated, Message

from appliance.bot.context import Context, Site
from appliance.models import Chat

CommandHandler = Callable[[Context, str], None]
"""Gets what stands after the command."""

TextHandler = Callable[[Context, Message], None]
"""Gets what a person wrote, or its edited version, as Telegram tells it. Keeps it."""

DialogHandler = Callable[[Context, Message], bool]
"""Gets what a person says while `Chat.dialog` is of its kind; True: that was meant for it."""

TypedHandler = Callable[[Context, str], bool]
"""Looks at a text before anybody keeps it; True: it was meant for this handler."""

GroupHandler = Callable[[Context, Message], bool]
"""Looks at everything said in a group; True: it was meant for this handler."""

ArrivalHandler = Callable[[Session, Site, Chat, datetime], None]
"""Gets a group that is heard again though the bot was thought gone from it."""

MembershipHandler = Callable[[Session, Site, ChatMemberUpdated, datetime], None]
MigrationHandler = Callable[[Session, Message, datetime], None]


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed inline button; `message_id` is None when its message cannot be edited any more."""

    id: str
    argument: str
    message_id: int | None


ButtonHandler = Callable[[Context, Press], None]


@dataclass(slots=True)
class Router:
    """Handlers by what they answer; `register` functions of `handlers/` fill it."""

    commands: dict[str, CommandHandler] = field(default_factory=dict)
    buttons: dict[str, ButtonHandler] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    """Buttons that stand in groups too, where admins of the site may press them."""
    dialogs: dict[str, DialogHandler] = field(default_factory=dict)
    typed: TypedHandler | None = None
    text: TextHandler | None = None
    edited: TextHandler | None = None
    group: GroupHandler | None = None
    arrival: ArrivalHandler | None = None
    membership: MembershipHandler | None = None
    migration: MigrationHandler | None = None

    def command(self, name: str, handler: CommandHandler) -> None:
        if name in self.commands:
            raise ValueError(f"/{name} has a handler already")
        self.commands[name] = handler

    def button(self, action: str, handler: ButtonHandler, *, shared: bool = False) -> None:
        if action in self.buttons:
            raise ValueError(f"the button {action} has a handler already")
        self.buttons[action] = handler
        if shared:
            self.shared.add(action)

    def dialog(self, kind: str, handler: DialogHandler) -> None:
        if kind in self.dialogs:
            raise ValueError(f"the dialog {kind} has a handler already")
        self.dialogs[kind] = handler
