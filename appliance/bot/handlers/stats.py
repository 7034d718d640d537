"""/stats, for operators and admins."""

from datetime import datetime

from appliance.bot.context import Context
from appliance.bot.router import Router
from appliance.crud import settings
from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import census
from appliance.models import Broadcast, Role
from appliance.services.broadcasts import out_of_reach
from appliance.services.i18n.catalog import word
from appliance.services.timing.clock import find_zone

BROADCASTS_SHOWN = 5


def register(router: Router) -> None:
    router.command("stats", stats)


def stats(context: Context, _: str) -> None:
    if context.role not in Role.STAFF:
        context.reply(context.phrase("unknown_command"))
        return
    people = context.phrase("stats_people", **_people(context))
    last = broadcasts.list_page(context.session, BROADCASTS_SHOWN)
    lines = [_line(context, one) for one in last] or [context.phrase("stats_none")]
    context.reply("\n".join([people, "", context.phrase("stats_broadcasts"), *lines]))


def _people(context: Context) -> dict[str, object]:
    """The counts of people; for a large site those that the schedule part made, with their time.

    This runs inside a writing transaction, and counting a million rows would hold up every writer.
    """
    stored = settings.get_setting(context.session, settings.CENSUS)
    if stored is None or census.is_small(context.session):
        return {**census.take(context.session).as_dict(), "counted": ""}
    counted = context.phrase("stats_counted", time=_clock(context, stored["at"]))
    return {**stored, "counted": f" {counted}"}


def _clock(context: Context, at: float) -> str:
    """A time in the site's time zone; with the date if that is not today."""
    zone = find_zone(context.site.timezone)
    then, now = datetime.fromtimestamp(at, zone), context.now.astimezone(zone)
    return f"{then:%H:%M}" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M}"


def _line(context: Context, broadcast: Broadcast) -> str:
    text = " ".join(broadcast.text.split())
    return context.phrase(
        "stats_line",
        id=broadcast.id,
        status=word("status", str(broadcast.status), context.language),
        sent=broadcast.sent,
        total=broadcast.total - out_of_reach(broadcast),
        words=text if len(text) <= 40 else f"{text[:40]}…",
    )
