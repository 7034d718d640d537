"""What the bot does, a file a subject."""

from appliance.bot.handlers import (
    announcing,
    approving,
    buttons,
    commands,
    figures,
    linking,
    members,
    operators,
    sound,
    talk,
    topics,
)
from appliance.bot.router import Router


def build_router() -> Router:
    """A router that knows every handler of the bot."""
    router = Router()
    people = (commands, linking, buttons, topics, sound, talk)
    staff = (figures, announcing, approving, operators)
    for part in (*people, *staff, members):
        part.register(router)
    return router
