"""/start, /help, /stop, /me, /language. The code in a deep link's /start is used in `link.py`."""

from appliance.bot import keyboards
from appliance.bot.context import Context
from appliance.bot.handlers.link import redeem
from appliance.bot.router import Router
from appliance.crud.chats import chats
from appliance.models import ChatStatus, Role


def register(router: Router) -> None:
    router.command("start", start)
    router.command("help", help_)
    router.command("stop", stop)
    router.command("me", me)
    router.command("language", language)


def start(context: Context, payload: str) -> None:
    """Welcome; people who stopped or blocked the bot get broadcasts again.

    Not so when they had stopped it and come by a link that connects an account: that is no wish for
    broadcasts, and they are asked.
    """
    if payload and context.chat.status == ChatStatus.STOPPED:
        context.reply(context.phrase("still_stopped"), keyboards.restart(context.language))
    else:
        chats.set_status(context.session, context.chat.id, ChatStatus.ACTIVE, context.now)
        name = context.chat.first_name or context.chat.name
        welcome = context.phrase("welcome", name=name)
        context.reply(welcome, keyboards.main_menu(context.language))
    if payload:
        redeem(context, payload)


def help_(context: Context, _: str) -> None:
    parts = [context.phrase("help")]
    if context.role in Role.STAFF:
        parts.append(context.phrase(f"help_{context.role}"))
    context.reply("\n\n".join(parts), keyboards.main_menu(context.language))


def stop(context: Context, _: str) -> None:
    """End broadcasts; the link to an account stays, and operators may still answer."""
    chats.set_status(context.session, context.chat.id, ChatStatus.STOPPED, context.now)
    context.reply(context.phrase("stopped"), keyboards.restart(context.language))


def me(context: Context, _: str) -> None:
    user = context.chat.user
    if user is None:
        context.reply(context.phrase("me_unlinked"))
    else:
        context.reply(context.phrase("me_linked", name=user.name, email=user.email))


def language(context: Context, _: str) -> None:
    context.reply(context.phrase("language_choose"), keyboards.languages(context.language))
