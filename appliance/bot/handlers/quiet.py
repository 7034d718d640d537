"""/quiet: hours in which news and notifications make no sound. The rules are in
`services/chats/quiet_hours.py`.
"""

from appliance.bot import keyboards
from appliance.bot.context import Context
from appliance.bot.router import Press, Router
from appliance.errors import Invalid
from appliance.services.chats import quiet_hours


def register(router: Router) -> None:
    router.command("quiet", quiet)
    router.button(keyboards.QUIET, press)


def quiet(context: Context, argument: str) -> None:
    """Keep hours that stand behind the command; say how it is, with buttons to change it."""
    try:
        if argument:
            _choose(context, argument)
        said = _how_it_is(context)
    except Invalid:
        said = context.phrase("quiet_wrong")
    context.reply(said, keyboards.quiet(context.language, context.chat.quiet))


def press(context: Context, press: Press) -> None:
    """One of the three buttons; the message says at once how it is now."""
    before = context.chat.quiet
    try:
        _choose(context, press.argument)
    except Invalid:
        context.answer(press.id, context.phrase("button_old"))
        return
    context.answer(press.id, _now(context))
    if press.message_id is not None and context.chat.quiet != before:
        markup = keyboards.quiet(context.language, context.chat.quiet)
        context.edit(press.message_id, _how_it_is(context), markup)


def _choose(context: Context, words: str) -> None:
    context.chat.quiet = quiet_hours.parse(words)
    context.session.flush()


def _how_it_is(context: Context) -> str:
    return f"{_now(context)}\n\n{context.phrase('quiet_how')}"


def _now(context: Context) -> str:
    chosen = context.chat.quiet
    if chosen is None:
        return context.phrase("quiet_now_off")
    if chosen == quiet_hours.ALWAYS:
        return context.phrase("quiet_now_always")
    start, _, end = chosen.partition("-")
    zone = context.chat.timezone or context.site.timezone
    return context.phrase("quiet_now_hours", start=start, end=end, zone=zone)
