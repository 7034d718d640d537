"""From a stored update to the handler that answers it, all inside one writing transaction."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from telebot.types import CallbackQuery, Message

from appliance.bot import keyboards
from appliance.bot.context import SAID_ONCE_IN, Context, Site
from appliance.bot.parsing import read_update
from appliance.bot.people import (
    Command,
    describe,
    hidden,
    is_from_person,
    kept_text,
    parse_command,
    remember,
)
from appliance.bot.router import Press, Router
from appliance.bot.texts import command_of_label
from appliance.crud.chats import chats
from appliance.crud.messages import messages, repeats
from appliance.models import Chat, ChatStatus, ChatType, Role
from appliance.services import bot_identity, telegram_auth
from appliance.services.i18n.catalog import choose, phrase
from appliance.services.updates import chat_id_of

_GROUP_HINT_INTERVAL = timedelta(minutes=1)  # Telegram allows 20 messages a minute to a group

# A message from such a chat proves that the bot may write there: nobody can write to a bot that
# they have blocked, or before they have pressed Start.
_PROVED_ACTIVE = {ChatStatus.BLOCKED, ChatStatus.LOST, ChatStatus.NEW}
# A ban keeps people out of the inbox; whether they get broadcasts is still their own choice.
_ALLOWED_WHEN_BANNED = {"start", "stop"}
_BUTTONS_ALLOWED_WHEN_BANNED = {keyboards.RESTART, keyboards.TOPIC, keyboards.LINK}
# Other kinds are not even parsed: telebot raises for some that are newer than itself.
_HANDLED = {"update_id", "message", "edited_message", "callback_query", "my_chat_member"}


class Dispatcher:
    """Decides which handler gets an update, in which context, and what is stored of it."""

    def __init__(self, router: Router, site: Site) -> None:
        self._router = router
        self._site = site

    def dispatch(self, session: Session, payload: dict[str, Any], now: datetime) -> None:
        """Handle one update. Whatever is raised, the caller rolls back and goes on.

        Kinds of update without a handler (posts in channels, kinds newer than this program) are
        passed over.
        """
        handled = {name: part for name, part in payload.items() if name in _HANDLED}
        update = read_update(handled)
        if update.message is not None:
            self._message(session, update.message, now)
        elif update.callback_query is not None:
            self._press(session, update.callback_query, now)
        elif update.edited_message is not None:
            self._edited(session, update.edited_message, now)
        elif update.my_chat_member is not None and self._router.membership:
            self._router.membership(session, self._site, update.my_chat_member, now)

    def apologise(self, session: Session, payload: dict[str, Any], now: datetime) -> None:
        """Tell the person that their update could not be handled, if the chat is known.

        A pressed button is answered in private chats and groups; a message in a group is not.
        """
        chat = chats.get(session, chat_id_of(payload) or 0)
        if chat is None:
            return
        context, press = Context(session, chat, self._site, now), payload.get("callback_query")
        if press is not None:  # the raw update: the failure may be that telebot cannot parse it
            own = chat.type == ChatType.PRIVATE
            language = chat.language if own else press["from"].get("language_code")
            text = phrase(choose(language, self._site.default_language), "wrong")
            context.answer(press["id"], text, alert=True)
        elif chat.type == ChatType.PRIVATE:
            context.reply(context.phrase("wrong"))

    def _message(self, session: Session, message: Message, now: datetime) -> None:
        # First: it comes as a message of a group whose id means nothing from now on.
        if message.migrate_to_chat_id is not None and self._router.migration:
            self._router.migration(session, message, now)
        elif message.chat.type == ChatType.PRIVATE:
            self._private(session, message, now)
        else:
            self._group(session, message, now)

    def _private(self, session: Session, message: Message, now: datetime) -> None:
        chat = remember(session, message.chat, message.from_user, now)
        if chat.status in _PROVED_ACTIVE:
            chats.set_status(session, chat.id, ChatStatus.ACTIVE, now)
        if not is_from_person(message):
            return
        context = Context(session, chat, self._site, now, chat.id, message)
        command = self._command(message)
        if command is not None:
            self._run(context, command, message)
        elif not chat.banned:
            self._talk(context, message)

    def _run(self, context: Context, command: Command, message: Message) -> None:
        if context.chat.banned and command.name not in _ALLOWED_WHEN_BANNED:
            return
        handler = self._router.commands.get(command.name)
        stored_text = kept_text(command, describe(message))
        # Operators read the thread: a code in it must be worth nothing by the time it is stored.
        ended = telegram_auth.invalidate_codes_in(context.session, stored_text, context.now)
        digest = hidden(command)
        said = repeats.answers_since(
            context.session, context.chat.id, stored_text, digest, context.now - SAID_ONCE_IN
        )
        messages.record_incoming(
            context.session,
            context.chat.id,
            stored_text,
            message.message_id,
            context.now,
            flush=False,
            **({"params": digest} if digest else {}),
        )
        context.chat.dialog = None  # a command is no answer to what the bot has asked
        if handler is not None:
            handler(context, command.argument)
        else:
            context.reply(context.phrase("unknown_command"))
        if said:
            repeats.say_once(context.session, context.chat.id, said)
        if ended:
            context.reply(context.phrase("code_ended"))

    def _talk(self, context: Context, message: Message) -> None:
        """An answer the bot waits for, a code for linking, or else a message for the inbox."""
        # In this order: what the bot has asked for comes first, and a code for linking must not get
        # into the inbox, where others would read it.
        dialog = self._router.dialogs.get((context.chat.dialog or {}).get("kind", ""))
        if dialog is not None and dialog(context, message):
            return
        if self._router.typed and self._router.typed(context, message.text or ""):
            return
        if self._router.text:
            self._router.text(context, message)

    def _edited(self, session: Session, message: Message, now: datetime) -> None:
        if message.chat.type != ChatType.PRIVATE or self._router.edited is None:
            return
        chat = remember(session, message.chat, message.from_user, now)
        if not chat.banned:
            context = Context(session, chat, self._site, now, chat.id, message)
            self._router.edited(context, message)

    def _command(self, message: Message) -> Command | None:
        """A typed command, or the one whose label was pressed on the keyboard under the chat."""
        label = command_of_label(message.text or "")
        return Command(label, None, "") if label else parse_command(message.text)

    def _group(self, session: Session, message: Message, now: datetime) -> None:
        """Groups are stored as destinations of broadcasts; what is said in them is not stored.

        A known command is answered with a hint to use the private chat: what commands do concerns
        one person, and a code for linking shown in a group could be used by anybody in it.
        """
        chat = remember(session, message.chat, None, now)
        if chat.status == ChatStatus.LEFT and self._router.arrival and is_from_person(message):
            self._router.arrival(session, self._site, chat, now)
        person = message.from_user.id if message.from_user else None
        context = Context(session, chat, self._site, now, person, message)
        # Before commands: an operator's reply is for a person, also one that begins with a slash.
        if self._router.group and self._router.group(context, message):
            return
        command = parse_command(message.text)
        if command is None or command.name not in self._router.commands:
            return
        # `/start@other_bot` is another bot's; in a group all of them hear it.
        if command.bot is not None and not bot_identity.current(session).is_named(command.bot):
            return
        messages.record_incoming(session, chat.id, f"/{command.name}", message.message_id, now)
        hint = context.phrase("in_private")
        if not context.said_since(hint, now - _GROUP_HINT_INTERVAL):
            context.reply(hint)

    def _press(self, session: Session, query: CallbackQuery, now: datetime) -> None:
        """Every press is answered: until then Telegram shows progress on the button."""
        if query.message is None:  # of an inline message, which this bot never sends
            self._refuse(session, chats.get(session, query.from_user.id), query, now)
            return
        message = query.message
        # In a group the presser is not the chat: their name and language must not become its.
        chat = remember(session, message.chat, query.from_user if _own(query) else None, now)
        action, _, argument = (query.data or "").partition(":")
        handler = self._router.buttons.get(action)
        shared = action in self._router.shared
        if handler is None or not (_own(query) or (shared and _is_admin(session, query))):
            key = "button_admins" if shared and not _own(query) else "button_old"
            self._refuse(session, chat, query, now, key)
            return
        if chat.banned and action not in _BUTTONS_ALLOWED_WHEN_BANNED:
            handler = _only_answer  # no silence: the button would go on showing progress
        context = Context(session, chat, self._site, now, query.from_user.id)
        # Else an `InaccessibleMessage`, deleted or too old: a press on it is answered, it is not
        # edited.
        editable = isinstance(message, Message)
        handler(context, Press(query.id, argument, message.message_id if editable else None))

    def _refuse(
        self,
        session: Session,
        chat: Chat | None,
        query: CallbackQuery,
        now: datetime,
        key: str = "button_old",
    ) -> None:
        """Answer in the language of the person who pressed, not in that of the group."""
        if chat is None:
            return  # forged: whoever has got a button from the bot is known
        private = chat.id == query.from_user.id
        chosen = chat.language if private else query.from_user.language_code
        language = choose(chosen, self._site.default_language)
        context = Context(session, chat, self._site, now, query.from_user.id)
        context.answer(query.id, phrase(language, key))


def _own(query: CallbackQuery) -> bool:
    """Whether it was pressed in the private chat of the person who pressed. Only the buttons in
    `Router.shared` are sent anywhere else.
    """
    return query.message is not None and query.message.chat.id == query.from_user.id


def _is_admin(session: Session, query: CallbackQuery) -> bool:
    """Whether the person who pressed is linked to an admin's account."""
    own = chats.get(session, query.from_user.id)
    return own is not None and own.role == Role.ADMIN


def _only_answer(context: Context, press: Press) -> None:
    context.answer(press.id)
