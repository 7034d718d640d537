"""The operators' group: a reply there to the copy of a message is sent to the person who wrote it.

Whoever runs the group decides who is in it, so every member counts as an operator; an answer has a
named author where the member's Telegram is linked to an operator's or admin's account. Only a reply
to a copy is an answer: everything else, also in a person's topic, stays in the group.
"""

from telebot.types import Message

from appliance.bot.context import Context
from appliance.bot.people import is_from_person, parse_command
from appliance.bot.router import Router
from appliance.crud.chats import chats
from appliance.errors import Conflict, Invalid, NotFound
from appliance.models import Message as Copy
from appliance.models import Role, User
from appliance.services import bot_identity
from appliance.services.i18n.catalog import choose
from appliance.services.inbox import group_copies, operators_group, replies
from appliance.services.inbox.operators_group import Group

COMMAND = "operators"


def register(router: Router) -> None:
    router.command(COMMAND, explain)
    router.group = hear


def explain(context: Context, _: str) -> None:
    """In a private chat the command only explains that it belongs into a group."""
    context.reply(context.phrase("operators_private"))


def hear(context: Context, message: Message) -> bool:
    """Handle a command or an answer in a group. False: the message was neither."""
    command = parse_command(message.text)
    if command is not None:
        if command.name != COMMAND or not _for_me(context, command.bot):
            return False
        _choose(context, message, command.argument)
        return True
    group = operators_group.chosen_group(context.session)
    if group is None or group.chat_id != context.chat.id:
        return False
    _notice_topics(context, message, group)
    return _answer(context, message)


def _answer(context: Context, message: Message) -> bool:
    """Send a reply to the person; False when it is not a reply to a copy."""
    reply, sender = message.reply_to_message, message.from_user
    # Another bot's reply is no answer of a person; anonymous administrators write by Telegram's own
    # bot, with the group as `sender_chat`.
    if reply is None or (sender is not None and sender.is_bot and message.sender_chat is None):
        return False
    copy = _copy(context, reply)
    person = copy.about_chat_id if copy else _person_linked(context, reply)
    if person is None or not is_from_person(message):
        return False
    answers = copy.reply_to if copy else None
    author = _account(context)
    author_id = author.id if author and author.role in Role.STAFF else None
    try:
        replies.answer_from_group(context.session, person, message, answers, author_id, context.now)
    except (Conflict, Invalid, NotFound):
        chat = chats.get(context.session, person)
        name = chat.name if chat else str(person)
        context.reply(context.phrase("relay_blocked", name=name))
    return True


def _copy(context: Context, reply: Message) -> Copy | None:
    """The copy that was replied to; None when the bot did not write that message.

    The id alone proves nothing: after a migration old ids stand for other messages.
    """
    anonymous = reply.sender_chat is not None and reply.sender_chat.id == context.chat.id
    if not (anonymous or _mine(context, reply)):  # a bot may be an anonymous administrator
        return None
    return group_copies.person_of(context.session, context.chat.id, reply.message_id)


def _person_linked(context: Context, reply: Message) -> int | None:
    return group_copies.person_linked(reply, context.site.url) if _mine(context, reply) else None


def _choose(context: Context, message: Message, argument: str) -> None:
    """`/operators` makes it the operators' group, `/operators off` ends that; admins only."""
    account = _account(context)
    if account is None or account.role != Role.ADMIN:
        context.reply(context.phrase("operators_not_admin"))
        return
    current = operators_group.chosen_group(context.session)
    if argument.strip().lower() == "off":
        here = current is not None and current.chat_id == context.chat.id
        if here:
            operators_group.set_group(context.session, None, context.now)
        context.reply(context.phrase("operators_off" if here else "operators_none"))
        return
    language = choose(account.language, context.site.default_language)
    group = Group(context.chat.id, bool(message.chat.is_forum), language)
    operators_group.set_group(context.session, group, context.now)
    keys = ["operators_set", *(["operators_topics"] if group.topics else [])]
    context.reply("\n\n".join(context.phrase(key) for key in keys))


def _notice_topics(context: Context, message: Message, group: Group) -> None:
    """Use topics where the group got them since it was chosen; not where they were refused."""
    if message.chat.is_forum and not (group.topics or group.topics_off):
        operators_group.set_topics(context.session, group)


def _account(context: Context) -> User | None:
    """The enabled account of the author; None also for an admin who writes in the group's name."""
    person = chats.get(context.session, context.person_id) if context.person_id else None
    user = person.user if person is not None else None
    return user if user is not None and not user.disabled else None


def _for_me(context: Context, addressed: str | None) -> bool:
    return addressed is None or bot_identity.current(context.session).is_named(addressed)


def _mine(context: Context, message: Message) -> bool:
    """Whether the bot itself wrote it."""
    me = bot_identity.current(context.session).id
    return message.from_user is not None and message.from_user.id == me
