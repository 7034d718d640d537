"""/link, /unlink, and codes from the site: in a deep link or typed. The rules are in
`services/telegram_auth/linking.py`.

A code is used only after the person has said yes: somebody else may have made it and sent them the
link. The question is stored in `Chat.dialog`, with the code's hash and a nonce that is in the two
buttons.
"""

import secrets

from appliance.bot import keyboards
from appliance.bot.context import SAID_ONCE_IN, Context
from appliance.bot.handlers import inbox
from appliance.bot.router import Press, Router
from appliance.bot.texts import MINUTES, masked
from appliance.crud.accounts import link_codes
from appliance.crud.messages import repeats
from appliance.errors import AlreadyLinked, NotFound
from appliance.models import ChatType
from appliance.services import telegram_auth
from appliance.services.inbox.message_parser import storable
from appliance.services.telegram_auth import codes

KIND = "link"
MAX_TRIES = 5
"""Wrong codes that a chat may type within the lifetime of a code. A typed code has 8 characters."""


def register(router: Router) -> None:
    router.command("link", link)
    router.command("unlink", unlink)
    router.typed = hear
    router.button(keyboards.LINK, press)


def link(context: Context, argument: str) -> None:
    """Use a typed code, or offer a link to the site, where logging in links the account."""
    if argument:
        _use_typed(context, argument)
        return
    user = context.chat.user
    if user is not None:
        context.reply(context.phrase("already_linked", name=user.name))
        return
    new = telegram_auth.start_link_from_chat(
        context.session, context.chat.id, context.now, context.site.url
    )
    url = new.url or context.site.url
    if keyboards.can_open(url):
        offer = context.phrase("link_offer", count=MINUTES)
        context.reply_unkept(offer, keyboards.open_link(context.language, url))
    else:
        context.reply_unkept(context.phrase("link_offer_plain", count=MINUTES, url=url))


def _use_typed(context: Context, text: str) -> None:
    if _use_pasted(context, text):
        return
    code = codes.read(text)
    allowed = code is not None and _tries(context) < MAX_TRIES
    if not allowed or not _ask(context, codes.hashed(code or ""), None):
        _refuse(context, "code_wrong")


def unlink(context: Context, _: str) -> None:
    """End the link; the service tells the chat about it."""
    if not telegram_auth.unlink(context.session, context.now, chat_id=context.chat.id):
        context.reply(context.phrase("not_linked"))


def redeem(context: Context, code: str) -> None:
    """Ask whether to use the code of a deep link."""
    _ask(context, telegram_auth.hashed(code), "link_expired")


def hear(context: Context, text: str) -> bool:
    """Use a typed or pasted code. Text that only looks like one is kept as a message as well.

    In a linked chat nothing is looked up: it has no use for a code.
    """
    code, pasted = codes.read(text), telegram_auth.read_pasted(text)
    if not (code or pasted) or context.chat.type != ChatType.PRIVATE:
        return False
    if context.chat.user is not None:
        return False
    if _use_pasted(context, text):
        return True
    # The tries first: after the last one a right code tells nothing either.
    if code and _tries(context) < MAX_TRIES and _ask(context, codes.hashed(code), None):
        return True
    # The same code once more is no other try, and gets no other answer.
    since = context.now - SAID_ONCE_IN
    if not repeats.answers_since(context.session, context.chat.id, storable(text), None, since):
        _refuse(context, "code_in_message")
    # It may be an ordinary message of eight letters: an operator reads it, the code in it is void.
    if context.message is not None:
        inbox.keep(context, context.message)
    return True


def _use_pasted(context: Context, text: str) -> bool:
    """Use the code of a link that was pasted instead of opened. False: it is none, or not good.

    Tries are not counted: nobody guesses 192 bits.
    """
    code = telegram_auth.read_pasted(text)
    if code is None:
        return False
    code_hash = telegram_auth.hashed(code)
    if telegram_auth.is_for_site(context.session, code_hash, context.now):
        context.reply(context.phrase("code_for_site"))
        return True
    return _ask(context, code_hash, None)


def press(context: Context, press: Press) -> None:
    """Yes or no to the question that was asked last."""
    verb, _, nonce = press.argument.partition(":")
    dialog = context.chat.dialog or {}
    if dialog.get("kind") != KIND or dialog["nonce"] != nonce or verb not in {"yes", "no"}:
        context.answer(press.id, context.phrase("button_old"))
        return
    context.chat.dialog = None
    result = context.phrase("link_declined")
    if verb == "yes":
        result = _link(context, bytes.fromhex(dialog["code"]))
    context.answer(press.id)
    if press.message_id is not None:
        context.edit(press.message_id, result)
    elif verb == "no" or context.chat.user is None:  # the service itself tells who was linked
        context.reply(result)


def _ask(context: Context, code_hash: bytes, wrong: str | None) -> bool:
    """Ask whether to link to the account that the code is for.

    False: the code is wrong; the chat is told so by the phrase `wrong`, if there is one.
    """
    try:
        user = telegram_auth.preview_code(context.session, context.chat.id, code_hash, context.now)
    except NotFound:
        if wrong:
            context.reply(context.phrase(wrong, count=MINUTES))
        return False
    except AlreadyLinked:
        context.reply(_taken(context))
        return True
    nonce = secrets.token_urlsafe(9)
    context.chat.dialog = {"kind": KIND, "nonce": nonce, "code": code_hash.hex()}
    question = context.phrase("link_ask", name=user.name, email=masked(user.email))
    context.reply(question, keyboards.link(context.language, nonce))
    return True


def _link(context: Context, code_hash: bytes) -> str:
    """Link the chat. Returns the text that takes the question's place."""
    try:
        user = telegram_auth.redeem(context.session, context.chat.id, code_hash, context.now)
    except NotFound:
        return context.phrase("link_expired", count=MINUTES)
    except AlreadyLinked:
        return _taken(context)
    return context.phrase("link_agreed", name=user.name)


def _taken(context: Context) -> str:
    user = context.chat.user
    return context.phrase("chat_taken", name=user.name) if user else context.phrase("user_taken")


def _refuse(context: Context, key: str) -> None:
    """Say that the code is wrong; after the last try ask once to wait, then answer no more."""
    if _tries(context) < MAX_TRIES:
        context.reply(context.phrase(key, count=MINUTES), key=link_codes.refusal_key())
        return
    wait = context.phrase("code_wait", count=MINUTES)
    if not context.said_since(wait, context.now - telegram_auth.LIFETIME):
        context.reply(wait)


def _tries(context: Context) -> int:
    """How many codes were refused lately, counted in the chat's thread: it outlives a restart."""
    since = context.now - telegram_auth.LIFETIME
    return link_codes.count_refusals(context.session, context.chat.id, since)
