"""Wall times in time zones, when to send, and quiet hours. Pure functions.

Two rules for when clocks are changed, here and in `cron.py`: a wall time that does not exist
(spring) means the first moment after the gap, and one that exists twice (autumn) the first of the
two. Quiet hours end at the second of two, so that nobody is written to at a moment when their own
clock says quiet.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance.errors import Fault, Invalid, localized

DEFAULT_MAX_LATE_SECONDS = 1800
MAX_LATE_LIMITS_SECONDS = (60, 30 * 86_400)  # shorter, and a restart would lose the slot
# `datetime` ends with that year, and other zones may show a moment of it as the next.
TOO_FAR = datetime(9999, 1, 1, tzinfo=UTC)

_AT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_DURATION = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_QUIET = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)", re.ASCII)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """From `start` to before `end` by the recipient's clock; `end` may be on the next day."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def rfc3339(time: datetime | None) -> str | None:
    """A time in UTC as JSON has it, to the millisecond."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z") if time else None


# Wall time and moments


def find_zone(name: str) -> ZoneInfo:
    """Raises Invalid when there is no such time zone."""
    try:
        return _load(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = localized(
            "unknown time zone {name}: expected a name such as Europe/Berlin", name=repr(name)
        )
        raise Invalid.at("timezone", message) from None


def moment(wall: datetime, zone: ZoneInfo, *, second: bool = False) -> datetime:
    """The moment, in UTC, at which clocks in `zone` show `wall` (which has no zone itself).

    `second` asks for the later moment of a wall time that exists twice.
    """
    before = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if before <= after:  # it exists once or twice
        return after if second else before
    return _end_of_gap(zone, after, before)


def _end_of_gap(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The moment clocks were put forward, which is after `low` and not after `high`."""
    offset = high.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)  # zones change at whole seconds


# When to send


def parse_at(text: str, zone_name: str) -> datetime:
    """`2026-12-24 18:00` by the clocks of the zone, or RFC 3339 with its own offset; in UTC.

    Raises Invalid.
    """
    zone = find_zone(zone_name)
    stripped = text.strip()
    if _AT.fullmatch(stripped):
        try:
            time_ = datetime.fromisoformat(stripped)
            return moment(time_, zone) if time_.tzinfo is None else time_.astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # the 31st of February, the year 0
    message = localized(
        "invalid time {text}: expected a time such as 2026-12-24 18:00 or"
        " 2026-12-24T18:00:00+01:00",
        text=repr(text),
    )
    raise Invalid.at("at", message)


def parse_duration(text: str, field: str = "max_late") -> int:
    """`90s`, `30m`, `2h` or `1d` in seconds. Raises Invalid."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        message = localized(
            "invalid duration {text}: expected a duration such as 90s, 30m, 2h or 1d",
            text=repr(text),
        )
        raise Invalid.at(field, message)
    return int(match[1]) * _SECONDS[match[2]]


def latest(starts_at: datetime, max_late: int | None) -> datetime:
    """The last moment at which a broadcast for `starts_at` may begin."""
    return starts_at + timedelta(seconds=DEFAULT_MAX_LATE_SECONDS if max_late is None else max_late)


def lint(
    starts_at: datetime | None, max_late: int | None, quiet: str | None, now: datetime
) -> tuple[Fault, ...]:
    """The faults of the times of a broadcast."""
    faults = []
    low, high = MAX_LATE_LIMITS_SECONDS
    if max_late is not None and not low <= max_late <= high:
        faults.append(
            Fault("max_late", localized("the longest delay must be from 1 minute to 30 days"))
        )
    elif starts_at is not None:
        faults += _lint_start(starts_at, max_late, now)
    if quiet is not None:
        try:
            parse_quiet(quiet)
        except Invalid as error:
            faults += error.faults
    return tuple(faults)


def _lint_start(starts_at: datetime, max_late: int | None, now: datetime) -> tuple[Fault, ...]:
    time_ = f"{starts_at:%Y-%m-%d %H:%M} UTC"
    if starts_at >= TOO_FAR:
        return (Fault("at", localized("{time} is too far ahead", time=time_)),)
    if latest(starts_at, max_late) < now:
        return (Fault("at", localized("{time} has already passed", time=time_)),)
    return ()


def check(
    starts_at: datetime | None, max_late: int | None, quiet: str | None, now: datetime
) -> None:
    """Raises Invalid with every fault."""
    Invalid.raise_for(lint(starts_at, max_late, quiet, now))


# Quiet hours


def parse_quiet(text: str) -> Quiet:
    """`22:00-08:00`. Raises Invalid."""
    match = _QUIET.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        start, end = time(int(match[1]), int(match[2])), _end(int(match[3]), int(match[4]))
    except ValueError:
        message = localized("invalid quiet hours {text}: expected HH:MM-HH:MM", text=repr(text))
        raise Invalid.at("quiet", message) from None
    if start == end:
        at = f"{start:%H:%M}"
        message = localized("quiet hours from {time} to {time} would never end", time=at)
        raise Invalid.at("quiet", message)
    return Quiet(start, end)


def is_quiet(quiet: Quiet, zone_name: str, now: datetime) -> bool:
    """Whether it is quiet now for people in this zone; an unknown zone counts as UTC."""
    return _quiet_until(quiet, zone_name, now) is not None


def quiet_zones(quiet: Quiet, zones: Iterable[str], now: datetime) -> frozenset[str]:
    """Those of the zones in which it is quiet now."""
    return frozenset(zone for zone in zones if is_quiet(quiet, zone, now))


def next_change(quiet: Quiet, zones: Iterable[str], now: datetime) -> datetime:
    """When quiet hours end first in one of the zones in which it is quiet now.

    `now` itself where it is quiet in none of them.
    """
    ends = (_quiet_until(quiet, zone, now) for zone in zones)
    return min((end for end in ends if end is not None), default=now)


def _quiet_until(quiet: Quiet, zone_name: str, now: datetime) -> datetime | None:
    """When the quiet hours around `now` end; None where it is not quiet."""
    zone, until = _zone_or_utc(zone_name), now
    day = now.astimezone(zone).date() - _DAY
    # Yesterday's may go on today. Where clocks are changed, one night may touch the next, so the
    # day after is looked at, too.
    for date_ in (day, day + _DAY, day + 2 * _DAY):
        start, end = _hours_of(quiet, date_, zone)
        if start <= until < end:
            until = end
    return until if until > now else None


def _hours_of(quiet: Quiet, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The quiet hours that begin on this day."""
    last = day if quiet.start < quiet.end else day + _DAY
    return (
        moment(datetime.combine(day, quiet.start), zone),
        moment(datetime.combine(last, quiet.end), zone, second=True),
    )


def _end(hour: int, minute: int) -> time:
    """People write the end of a day as 24:00."""
    return time(0) if (hour, minute) == (24, 0) else time(hour, minute)


def _zone_or_utc(name: str) -> ZoneInfo:
    """A zone that a chat has stored may be renamed some day, which must not stop the engine."""
    try:
        return find_zone(name)
    except Invalid:
        return _load("UTC")


# ZoneInfo itself caches 8 zones only, and reads all others from their files each time.
@cache
def _load(name: str) -> ZoneInfo:
    return ZoneInfo(name)
