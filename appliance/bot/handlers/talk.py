"""What people write that is no command: it is kept already, so say that it arrived."""

from datetime import timedelta

from appliance.bot.context import Context
from appliance.bot.router import Router

QUIET = timedelta(hours=1)
"""Thanks are said once in this time: nobody wants an answer to each of ten lines."""


def register(router: Router) -> None:
    router.text = thank


def thank(context: Context) -> None:
    thanks = context.say("thanks")
    if not context.said_since(thanks, context.now - QUIET):
        context.reply(thanks)
