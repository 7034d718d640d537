"""What the bot answers: a file for each command or subject."""

from appliance.bot.handlers import (
    approve,
    broadcast,
    commands,
    inbox,
    language,
    link,
    membership,
    operators,
    quiet,
    stats,
    topics,
)
from appliance.bot.router import Router


def build_router() -> Router:
    """A router with every handler of the bot."""
    router = Router()
    people = (commands, link, language, topics, quiet, inbox)
    staff = (stats, broadcast, approve, operators)
    for part in (*people, *staff, membership):
        part.register(router)
    return router
