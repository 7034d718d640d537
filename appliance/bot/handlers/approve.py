"""/approve: admins decide which groups and channels get broadcasts."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from appliance.bot import keyboards
from appliance.bot.context import Context, Site
from appliance.bot.router import Press, Router
from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.errors import Conflict, NotFound
from appliance.models import Chat, Role
from appliance.services.chats import approval

MAX_LISTED = 10  # chats in one message; the next ones follow when these are decided
TELL_INTERVAL = timedelta(hours=1)
"""Admins are told once in this time about a group that the bot leaves and joins repeatedly."""

_ARGUMENT = re.compile(r"(yes|no):(-[0-9]{1,19})")


def register(router: Router) -> None:
    router.command("approve", approve)
    router.button(keyboards.APPROVE, decide)


def approve(context: Context, _: str) -> None:
    if context.role != Role.ADMIN:
        context.reply(context.phrase("unknown_command"))
        return
    if waiting := _waiting(context.session):
        context.reply(context.phrase("approve_waiting"), keyboards.approve(waiting))
    else:
        context.reply(context.phrase("approve_none"))


def decide(context: Context, press: Press) -> None:
    """Store the decision; the message then confirms it and lists the chats that still wait."""
    decision = _ARGUMENT.fullmatch(press.argument)
    user = context.chat.user
    if context.role != Role.ADMIN or decision is None or user is None:
        context.answer(press.id, context.phrase("button_old"))
        return
    yes = decision[1] == "yes"
    try:
        chat = approval.decide(context.session, int(decision[2]), yes, user.id, context.now)
    except (NotFound, Conflict):
        result = context.phrase("approve_gone")
    else:
        result = context.phrase("approve_yes" if yes else "approve_no", name=chat.name)
    context.answer(press.id, result)
    if press.message_id is not None:
        waiting = _waiting(context.session)
        rest = f"\n\n{context.phrase('approve_waiting')}" if waiting else ""
        context.edit(press.message_id, result + rest, keyboards.approve(waiting))


def tell_admins(session: Session, site: Site, chat: Chat, now: datetime) -> None:
    """The bot was added somewhere: ask every admin in private."""
    for admin in chats.list_admins(session):
        context = Context(session, admin, site, now, admin.id)
        question = context.phrase("approve_added", name=chat.name)
        if not context.said_since(question, now - TELL_INTERVAL):
            context.reply(question, keyboards.approve([chat]))


def _waiting(session: Session) -> Sequence[Chat]:
    """The chats nobody has decided about, but for the operators' group: it has another purpose."""
    own = (settings.get_setting(session, settings.OPERATORS) or {}).get("chat_id")
    waiting = chats.list_waiting(session, MAX_LISTED + 1)  # one of them may be the operators' group
    return [chat for chat in waiting if chat.id != own][:MAX_LISTED]
