"""/stats, for operators and admins."""

from appliance.bot.context import Context
from appliance.bot.router import Router
from appliance.crud import broadcasts, census, settings
from appliance.models import Broadcast, Role
from appliance.services.phrases import word

LAST = 5


def register(router: Router) -> None:
    router.command("stats", stats)


def stats(context: Context, _: str) -> None:
    if context.role not in {Role.OPERATOR, Role.ADMIN}:
        context.reply(context.say("unknown_command"))
        return
    people = context.say("stats_people", **_people(context))
    last = broadcasts.list_page(context.session, LAST)
    lines = [_line(context, one) for one in last] or [context.say("stats_none")]
    context.reply("\n".join([people, "", context.say("stats_broadcasts"), *lines]))


def _people(context: Context) -> dict[str, int]:
    """As the schedule part counted a little ago: to count here would hold up every writer."""
    counted = settings.get_setting(context.session, settings.CENSUS)
    return counted or census.take(context.session).as_dict()


def _line(context: Context, broadcast: Broadcast) -> str:
    words = " ".join(broadcast.text.split())
    return context.say(
        "stats_line",
        id=broadcast.id,
        status=word("status", str(broadcast.status), context.language),
        sent=broadcast.sent,
        total=broadcast.total,
        words=words if len(words) <= 40 else f"{words[:40]}…",
    )
