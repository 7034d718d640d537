"""/approve: admins decide which groups and channels may get broadcasts."""

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

MOST = 10  # in one list; the next ones follow when these are decided
SPARE = timedelta(hours=1)
"""A group that is left and joined again is told about once in this time."""

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
    """Keep the decision; the message says it, and lists what waits still."""
    found = _ARGUMENT.fullmatch(press.argument)
    user = context.chat.user
    if context.role != Role.ADMIN or found is None or user is None:
        context.answer(press.id, context.phrase("button_old"))
        return
    yes = found[1] == "yes"
    try:
        chat = approval.decide(context.session, int(found[2]), yes, user.id, context.now)
    except (NotFound, Conflict):
        said = context.phrase("approve_gone")
    else:
        said = context.phrase("approve_yes" if yes else "approve_no", name=chat.name)
    context.answer(press.id, said)
    if press.message_id is not None:
        waiting = _waiting(context.session)
        rest = f"\n\n{context.phrase('approve_waiting')}" if waiting else ""
        context.edit(press.message_id, said + rest, keyboards.approve(waiting))


def tell_admins(session: Session, site: Site, chat: Chat, now: datetime) -> None:
    """The bot was added somewhere: ask every admin in private."""
    for admin in chats.list_admins(session):
        context = Context(session, admin, site, now, admin.id)
        said = context.phrase("approve_added", name=chat.name)
        if not context.said_since(said, now - SPARE):
            context.reply(said, keyboards.approve([chat]))


def _waiting(session: Session) -> Sequence[Chat]:
    """Without the operators' own group, which is there for another purpose."""
    own = (settings.get_setting(session, settings.OPERATORS) or {}).get("chat_id")
    return [chat for chat in chats.list_waiting(session, MOST + 1) if chat.id != own][:MOST]
