"""Opening hours, when somebody is there to answer. Pure functions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from appliance.errors import Invalid, localized
from appliance.languages import LANGUAGES
from appliance.services.i18n.catalog import phrase
from appliance.services.timing.clock import find_zone

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MAX_LENGTH = 200  # characters
_PART = re.compile(
    r"([^\W\d]+)(?:-([^\W\d]+))?\s+(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)"  # Mon-Fri 09:00-18:00
)


@dataclass(frozen=True, slots=True)
class Span:
    """On these days (0 is Monday), from `start` to before `end`, which may be on the next day."""

    first: int
    last: int
    start: time
    end: time

    def __str__(self) -> str:
        days = DAYS[self.first]
        if self.last != self.first:
            days += f"-{DAYS[self.last]}"
        end = "24:00" if self.end == time(0) else f"{self.end:%H:%M}"
        return f"{days} {self.start:%H:%M}-{end}"

    def has(self, day: int) -> bool:
        """Whether it begins on that day; `Sat-Mon` goes over the end of the week."""
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last


def parse(text: str) -> tuple[Span, ...]:
    """`Mon-Fri 09:00-18:00, Sat 10:00-14:00`. Raises Invalid."""
    parts = text.split(",") if len(text) <= _MAX_LENGTH else ()
    spans = [_span(part.strip()) for part in parts]
    readable = tuple(span for span in spans if span is not None)
    if not readable or len(readable) != len(spans):
        message = localized(
            "invalid opening hours {text}: expected hours such as Mon-Fri 09:00-18:00, Sat"
            " 10:00-14:00",
            text=repr(text[:_MAX_LENGTH]),
        )
        raise Invalid.at("hours", message)
    return readable


def written(spans: Iterable[Span]) -> str:
    """The spans as they are stored: `Mon-Fri 09:00-18:00`."""
    return ", ".join(map(str, spans))


def localize(spans: Iterable[Span], language: str) -> str:
    """As people read them: `пн–пт 09:00–18:00`."""
    text = written(spans).replace("-", "–")
    names = dict(zip(DAYS, _day_names(language), strict=True))
    return re.sub("|".join(DAYS), lambda day: names[day[0]], text)


def is_open(spans: Iterable[Span], zone_name: str, now: datetime) -> bool:
    """Whether somebody is there now, by the clock of the zone. Raises Invalid: no such zone."""
    local = now.astimezone(find_zone(zone_name))
    today, yesterday = local.weekday(), (local - timedelta(days=1)).weekday()
    clock = local.time()
    # Wall times: 09:00 is 09:00 on both sides of a clock change. A span that ends no later than it
    # begins goes over midnight, so yesterday's may still be open.
    return any(
        (span.has(today) and span.start <= clock and (clock < span.end or span.end <= span.start))
        or (span.has(yesterday) and span.end <= span.start and clock < span.end)
        for span in spans
    )


def _span(text: str) -> Span | None:
    match = _PART.fullmatch(text)
    if match is None:
        return None
    first, last = _day(match[1]), _day(match[2] or match[1])
    start, end = _time(match[3], match[4]), _time(match[5], match[6], day_ends=True)
    if first is None or last is None or start is None or end is None:
        return None
    if start == end and match[5] != "24":  # 00:00-24:00 is a whole day, 09:00-09:00 a slip
        return None
    return Span(first, last, start, end)


def _day(name: str) -> int | None:
    """By its short name in any language: who types the hours may read another one than the site."""
    for language in LANGUAGES:
        names = [day.lower() for day in _day_names(language)]
        if name.lower() in names:
            return names.index(name.lower())
    return None


def _day_names(language: str) -> list[str]:
    return phrase(language, "weekdays").split()


def _time(hour: str, minute: str, *, day_ends: bool = False) -> time | None:
    """24:00 is how people write the end of a day."""
    if day_ends and (hour, minute) == ("24", "00"):
        return time(0)
    try:
        return time(int(hour), int(minute))
    except ValueError:
        return None
