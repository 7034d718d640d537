"""What the bot does, a file a subject."""

from appliance.bot.handlers import buttons, commands, linking, members, talk, topics
from appliance.bot.router import Router


def build_router() -> Router:
    """A router that knows every handler of the bot."""
    router = Router()
    for part in (commands, linking, buttons, topics, members, talk):
        part.register(router)
    return router
