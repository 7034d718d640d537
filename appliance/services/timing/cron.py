"""Cron expressions: which moments they name in a time zone.

An expression goes by wall time, and each wall time counts once: one that is skipped in spring is
the first moment after the gap (`0 2` and `30 2` together are one slot then), one that exists twice
in autumn is the first. Where every hour is named it goes by elapsed time instead: an hourly slot is
there every hour. These are the two rules of `clock.py`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from cronsim import CronSim, CronSimError

from appliance.errors import Invalid, localized, localized_plural
from appliance.services.timing.clock import find_zone, moment

# Wall time may be ahead by as much as clocks are put back.
_CLOCK_CHANGE = timedelta(hours=3)
MAX_LENGTH = 100  # of the column

_REASONS = {
    "Bad minute": localized("invalid minute"),
    "Bad hour": localized("invalid hour"),
    "Bad day-of-month": localized("invalid day of the month"),
    "Bad month": localized("invalid month"),
    "Bad day-of-week": localized("invalid weekday"),
}


def check(expression: str) -> str:
    """The expression with single spaces. Raises Invalid, also for one that is never due."""
    fields = expression.split()
    normalized = " ".join(fields)
    reason: str = localized_plural(
        "{count} field instead of 5", "{count} fields instead of 5", count=len(fields)
    )
    try:
        if len(fields) == 5 and len(normalized) <= MAX_LENGTH:
            CronSim(normalized, datetime(2026, 1, 1))  # also refuses the 30th of February
            return normalized
        if len(fields) == 5:
            reason = localized_plural(
                "more than {count} character", "more than {count} characters", count=MAX_LENGTH
            )
    except CronSimError as error:
        reason = _REASONS.get(str(error), str(error))
    message = localized(
        "invalid cron expression {cron} ({reason}): expected minute, hour, day, month and"
        " weekday, such as '0 9 * * MON'",
        cron=repr(expression[:40]),
        reason=reason,
    )
    raise Invalid.at("cron", message)


def next_slot(expression: str, zone_name: str, after: datetime) -> datetime:
    """The first slot after this moment, in UTC."""
    return next(slots(expression, zone_name, after))


def slots(expression: str, zone_name: str, after: datetime) -> Iterator[datetime]:
    """The slots after this moment, in UTC, without end. The expression must be a checked one."""
    zone, last = find_zone(zone_name), after.astimezone(UTC)
    if hourly := _hourly(expression):
        for slot in CronSim(hourly, last.astimezone(zone)):
            yield slot.astimezone(UTC)
        return
    for wall in CronSim(expression, last.astimezone(zone).replace(tzinfo=None, fold=0)):
        slot = moment(wall, zone)
        if slot > last:  # not a wall time that exists twice, nor one of a gap again
            yield slot
            last = slot


def last_slot(expression: str, zone_name: str, until: datetime) -> datetime:
    """The newest slot that is not after this moment, in UTC."""
    zone = find_zone(zone_name)
    if hourly := _hourly(expression):
        begin = (until.replace(microsecond=0) + timedelta(seconds=1)).astimezone(zone)
        return next(CronSim(hourly, begin, reverse=True)).astimezone(UTC)
    begin = (until + _CLOCK_CHANGE).astimezone(zone).replace(tzinfo=None, fold=0)
    walls = CronSim(expression, begin, reverse=True)
    return next(slot for wall in walls if (slot := moment(wall, zone)) <= until)


def upcoming(expression: str, zone_name: str, now: datetime, count: int) -> list[datetime]:
    """The next slots, to be shown to whoever made the schedule."""
    return list(islice(slots(expression, zone_name, now), count))


def _hourly(expression: str) -> str | None:
    """With `*` for the hour, if it names every hour, however that is spelt: `*/1`, `0-23`."""
    minute, _, rest = expression.split(maxsplit=2)
    every = len(CronSim(expression, datetime(2026, 1, 1)).hours) == 24
    return f"{minute} * {rest}" if every else None
