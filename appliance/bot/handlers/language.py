"""The buttons of /language, and the one that starts the bot again after /stop."""

from appliance.bot import keyboards
from appliance.bot.context import Context
from appliance.bot.handlers.commands import start
from appliance.bot.router import Press, Router
from appliance.languages import LANGUAGES
from appliance.services.chats import command_menu


def register(router: Router) -> None:
    router.button(keyboards.RESTART, restart)
    router.button(keyboards.LANGUAGE, set_language)


def restart(context: Context, press: Press) -> None:
    context.answer(press.id)
    start(context, "")


def set_language(context: Context, press: Press) -> None:
    """Use the language from now on, on the keyboard and in the menu of commands too."""
    if press.argument not in LANGUAGES:
        context.answer(press.id, context.phrase("button_old"))
        return
    changed = context.language != press.argument
    context.chat.language = press.argument
    context.answer(press.id, context.phrase("language_set"))
    if not changed:
        return  # Telegram refuses an edit that changes nothing
    if press.message_id is not None:
        question = context.phrase("language_choose")
        context.edit(press.message_id, question, keyboards.languages(context.language))
    # The keyboard under the chat comes with a message only: an edit cannot change it.
    context.reply(context.phrase("language_set"), keyboards.main_menu(context.language))
    command_menu.publish(context.session, context.chat, context.site.default_language, context.now)
