"""From a stored update to the handler that answers it, all inside one writing transaction."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from telebot.types import CallbackQuery, Message, Update

from appliance.bot.context import Context, Site
from appliance.bot.people import (
    Command,
    chat_id_of,
    describe,
    is_from_person,
    parse_command,
    remember,
)
from appliance.bot.router import Press, Router
from appliance.bot.texts import command_of_label
from appliance.crud import chats, messages, settings
from appliance.models import ChatStatus, ChatType

_GROUP_QUIET = timedelta(minutes=1)  # a group may hear 20 messages a minute from the bot


class Dispatcher:
    """Knows who is spoken to and what is kept; the answers themselves are the handlers'."""

    def __init__(self, router: Router, site: Site) -> None:
        self._router = router
        self._site = site

    def dispatch(self, session: Session, payload: dict[str, Any], now: datetime) -> None:
        """Handle one update. Whatever is raised, the caller rolls back and goes on.

        Kinds of update that nobody answers (edits, posts, what is newer than this program) pass.
        """
        update = Update.de_json(payload)  # type: ignore[no-untyped-call]
        if update.message is not None:
            self._message(session, update.message, now)
        elif update.callback_query is not None:
            self._press(session, update.callback_query, now)
        elif update.my_chat_member is not None and self._router.membership:
            self._router.membership(session, update.my_chat_member, now)

    def apologise(self, session: Session, payload: dict[str, Any], now: datetime) -> None:
        """Tell the person whose update could not be handled, if the chat is known and private."""
        chat = chats.get(session, chat_id_of(payload) or 0)
        if chat is not None and chat.type == ChatType.PRIVATE:
            context = Context(session, chat, self._site, now)
            context.reply(context.say("wrong"))

    def _message(self, session: Session, message: Message, now: datetime) -> None:
        if message.migrate_to_chat_id is not None and self._router.migration:
            self._router.migration(session, message, now)
        elif message.chat.type == ChatType.PRIVATE:
            self._private(session, message, now)
        else:
            self._group(session, message, now)

    def _private(self, session: Session, message: Message, now: datetime) -> None:
        chat = remember(session, message.chat, message.from_user, now)
        if chat.status == ChatStatus.BLOCKED:  # nobody writes to a bot he blocks
            chats.set_status(session, chat.id, ChatStatus.ACTIVE, now)
        if not is_from_person(message):
            return
        context = Context(session, chat, self._site, now)
        command = self._command(message)
        kept = f"/{command.name}" if command and command.name == "start" else describe(message)
        messages.record_incoming(session, chat.id, kept, message.message_id, now)  # no code in it
        if command is not None:
            self._run(context, command)
        elif self._router.text:
            self._router.text(context)

    def _run(self, context: Context, command: Command) -> None:
        handler = self._router.commands.get(command.name)
        if handler is not None:
            handler(context, command.argument)
        else:
            context.reply(context.say("unknown_command"))

    def _command(self, message: Message) -> Command | None:
        """A typed command, or the one that a label of the keyboard stands for."""
        label = command_of_label(message.text or "")
        return Command(label, None, "") if label else parse_command(message.text)

    def _group(self, session: Session, message: Message, now: datetime) -> None:
        """Groups are kept as destinations; their talk is nobody's business here.

        A known command is answered by the way to the private chat: what the commands do concerns
        one person, and a code for linking shown to a group could be used by anybody in it.
        """
        chat = remember(session, message.chat, None, now)
        command = parse_command(message.text)
        if command is None or command.name not in self._router.commands:
            return
        if command.bot is not None and not _is_me(session, command.bot):
            return
        context = Context(session, chat, self._site, now)
        messages.record_incoming(session, chat.id, f"/{command.name}", message.message_id, now)
        hint = context.say("in_private")
        if not context.said_since(hint, now - _GROUP_QUIET):
            context.reply(hint)

    def _press(self, session: Session, query: CallbackQuery, now: datetime) -> None:
        """Every press is answered, or the button would go on waiting before the person's eyes."""
        if query.message is None:
            return  # under an inline message, and the bot sends none
        message = query.message
        chat = remember(session, message.chat, query.from_user if _own(query) else None, now)
        context = Context(session, chat, self._site, now)
        action, _, argument = (query.data or "").partition(":")
        handler = self._router.buttons.get(action)
        if handler is None or not _own(query):
            context.answer(query.id, context.say("button_old"))
            return
        editable = isinstance(message, Message)
        handler(context, Press(query.id, argument, message.message_id if editable else None))


def _own(query: CallbackQuery) -> bool:
    """Whether the person pressed it in his own private chat, the only place that gets buttons."""
    return query.message is not None and query.message.chat.id == query.from_user.id


def _is_me(session: Session, username: str) -> bool:
    bot = settings.get_setting(session, settings.BOT) or {}
    return str(bot.get("username", "")).lower() == username.lower()
