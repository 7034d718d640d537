"""/link, /unlink, and codes of the site: in a deep link or typed. The rules are in
`services/telegram_auth.py`.
"""

from collections.abc import Callable

from appliance.bot import keyboards
from appliance.bot.context import Context
from appliance.bot.router import Router
from appliance.bot.texts import MINUTES
from appliance.bot.texts import say as say_in
from appliance.crud import links
from appliance.errors import AlreadyLinked, NotFound
from appliance.models import ChatType, User
from appliance.services import telegram_auth, telegram_typed
from appliance.services.phrases import LANGUAGES

MOST_TRIES = 5
"""Wrong typed codes that a chat may send in the time in which a code lives."""


def register(router: Router) -> None:
    router.command("link", link)
    router.command("unlink", unlink)
    router.typed = redeem_typed


def link(context: Context, argument: str) -> None:
    """Use a typed code, or give a link to the site that ties this chat to whoever logs in there."""
    if argument:
        if not redeem_typed(context, argument):
            _refuse(context)
        return
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
    _use(context, telegram_auth.redeem_in_telegram, code, "link_expired")


def redeem_typed(context: Context, text: str) -> bool:
    """Use the code that was typed. False: the text is none, and whatever else it is stays to do."""
    code = telegram_typed.read(text)
    if code is None or context.chat.type != ChatType.PRIVATE:
        return False
    if _tries(context) < MOST_TRIES:
        _use(context, telegram_auth.redeem_typed, code, "code_wrong")
    else:
        _refuse(context)
    return True


def _use(context: Context, way: Callable[..., User], code: str, wrong: str) -> None:
    try:
        way(context.session, context.chat.id, code, context.now)
    except NotFound:
        context.reply(context.say(wrong, minutes=MINUTES))
    except AlreadyLinked:
        user = context.chat.user
        if user is not None:
            context.reply(context.say("chat_taken", name=user.name))
        else:
            context.reply(context.say("user_taken"))


def _refuse(context: Context) -> None:
    """The code is wrong; who has had his tries is asked once to wait, and then not answered."""
    if _tries(context) < MOST_TRIES:
        context.reply(context.say("code_wrong", minutes=MINUTES))
        return
    wait = context.say("code_wait", minutes=MINUTES)
    if not context.said_since(wait, context.now - telegram_auth.LIFETIME):
        context.reply(wait)


def _tries(context: Context) -> int:
    """Told by the answers in the chat's thread, so that a restart forgives nobody."""
    told = {say_in(language, "code_wrong", minutes=MINUTES) for language in LANGUAGES}
    since = context.now - telegram_auth.LIFETIME
    return links.count_refusals(context.session, context.chat.id, told, since)
