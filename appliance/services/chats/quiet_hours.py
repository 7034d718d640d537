"""/quiet: the hours in which a chat gets broadcasts and notifications without a sound.

Messages are not held back, they only arrive silently. Answers to what a person wrote always ring.
The quiet hours of a broadcast are something else: they make it wait.
"""

from datetime import datetime

from appliance.errors import Invalid, localized
from appliance.services.timing import clock

ALWAYS = "always"
NIGHT = "22:00-08:00"
_OFF = {"off", "none", "выкл", "нет"}
_ALWAYS = {ALWAYS, "on", "всегда"}
_NIGHT = {"night", "ночь", "ночью"}


def parse(text: str) -> str | None:
    """The value of `Chat.quiet` for `off`, `night`, `always` or `22:30-7:00`; None is off.

    Raises Invalid.
    """
    lowered = text.strip().lower()
    if lowered in _OFF:
        return None
    if lowered in _ALWAYS:
        return ALWAYS
    if lowered in _NIGHT:
        return NIGHT
    hours = lowered.replace("–", "-").replace("—", "-").replace(" ", "")
    try:
        return str(clock.parse_quiet(hours))
    except Invalid:
        message = localized("invalid quiet hours {hours!r}: expected HH:MM-HH:MM", hours=text[:40])
        raise Invalid.at("quiet", message) from None


def is_on(quiet: str, zone: str, now: datetime) -> bool:
    """Whether messages arrive silently now. A value that cannot be read counts as off."""
    if quiet == ALWAYS:
        return True
    try:
        return clock.is_quiet(clock.parse_quiet(quiet), zone, now)
    except Invalid:
        return False
