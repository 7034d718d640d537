"""Which handler answers what.

This table replaces telebot's registry of handlers: telebot passes a handler the message only,
swallows its errors and sorts a batch of updates by type. Here a handler gets the transaction it
works in, an error reaches the place that rolls back, and dispatching is a lookup in a dictionary.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session
from telebot.types import ChatMemberUpdated, Message

from appliance.bot.context import Context, Site
from appliance.models import Chat

CommandHandler = Callable[[Context, str], None]
"""Gets the text after the command."""

TextHandler = Callable[[Context, Message], None]
"""Stores a message that a person wrote, or its edited version."""

DialogHandler = Callable[[Context, Message], bool]
"""Gets a message while `Chat.dialog` is of its kind. True: it was the answer, and is handled."""

TypedHandler = Callable[[Context, str], bool]
"""Gets a text before it is stored. True: it was meant for this handler, and is handled."""

GroupHandler = Callable[[Context, Message], bool]
"""Gets every message in a group. True: it was meant for this handler, and is handled."""

ArrivalHandler = Callable[[Session, Site, Chat, datetime], None]
"""Gets a group that a message came from although the bot was recorded as having left it."""

MembershipHandler = Callable[[Session, Site, ChatMemberUpdated, datetime], None]
MigrationHandler = Callable[[Session, Message, datetime], None]


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed inline button; `message_id` is None when its message is too old to be edited."""

    id: str
    argument: str
    message_id: int | None


ButtonHandler = Callable[[Context, Press], None]


@dataclass(slots=True)
class Router:
    """Handlers by what they answer; the `register` functions in `handlers/` fill it."""

    commands: dict[str, CommandHandler] = field(default_factory=dict)
    buttons: dict[str, ButtonHandler] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    """Buttons that are sent to groups too; there only admins of the site may press them."""
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
