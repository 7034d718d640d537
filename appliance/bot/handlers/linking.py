"""/link, /unlink and the code of a deep link. The rules are in `services/telegram_auth.py`."""

from appliance.bot import keyboards
from appliance.bot.context import Context
from appliance.bot.router import Router
from appliance.bot.texts import MINUTES
from appliance.errors import AlreadyLinked, NotFound
from appliance.services import telegram_auth


def register(router: Router) -> None:
    router.command("link", link)
    router.command("unlink", unlink)


def link(context: Context, _: str) -> None:
    """Give a link to the site that ties this chat to whoever logs in there."""
    user = context.chat.user
    if user is not None:
        context.reply(context.say("already_linked", name=user.name))
        return
    new = telegram_auth.start_link_from_chat(
        context.session, context.chat.id, context.now, context.site.url
    )
    url = new.url or context.site.url
    if keyboards.can_open(url):
        offer = context.say("link_offer", minutes=MINUTES)
        context.reply(offer, keyboards.open_link(context.language, url))
    else:
        context.reply(context.say("link_offer_plain", minutes=MINUTES, url=url))


def unlink(context: Context, _: str) -> None:
    """The service tells the chat when a link was cut."""
    if not telegram_auth.unlink(context.session, chat_id=context.chat.id, now=context.now):
        context.reply(context.say("not_linked"))


def redeem(context: Context, code: str) -> None:
    """Use the code of a deep link; the service tells the chat when it worked."""
    try:
        telegram_auth.redeem_in_telegram(context.session, context.chat.id, code, context.now)
    except NotFound:
        context.reply(context.say("link_expired", minutes=MINUTES))
    except AlreadyLinked:
        user = context.chat.user
        if user is not None:
            context.reply(context.say("chat_taken", name=user.name))
        else:
            context.reply(context.say("user_taken"))
