"""/quiet: hours in which broadcasts and notifications make no sound. The rules are in
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
    """Store the hours after the command, if any; show the setting, with buttons to change it."""
    try:
        if argument:
            _choose(context, argument)
        text = _setting_and_help(context)
    except Invalid:
        text = context.phrase("quiet_wrong")
    context.reply(text, keyboards.quiet(context.language, context.chat.quiet))


def press(context: Context, press: Press) -> None:
    """One of the three buttons; the message is edited to show the new setting."""
    before = context.chat.quiet
    try:
        _choose(context, press.argument)
    except Invalid:
        context.answer(press.id, context.phrase("button_old"))
        return
    context.answer(press.id, _setting(context))
    # Telegram refuses an edit that changes nothing.
    if press.message_id is not None and context.chat.quiet != before:
        markup = keyboards.quiet(context.language, context.chat.quiet)
        context.edit(press.message_id, _setting_and_help(context), markup)


def _choose(context: Context, hours: str) -> None:
    context.chat.quiet = quiet_hours.parse(hours)
    context.session.flush()


def _setting_and_help(context: Context) -> str:
    return f"{_setting(context)}\n\n{context.phrase('quiet_how')}"


def _setting(context: Context) -> str:
    hours = context.chat.quiet
    if hours is None:
        return context.phrase("quiet_now_off")
    if hours == quiet_hours.ALWAYS:
        return context.phrase("quiet_now_always")
    start, _, end = hours.partition("-")
    zone = context.chat.timezone or context.site.timezone
    return context.phrase("quiet_now_hours", start=start, end=end, zone=zone)
