"""What a person is told at once when nobody is there: when to expect an answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from sqlalchemy.orm import Session

from appliance.services.i18n.catalog import phrase
from appliance.services.inbox import opening_hours, settings

ONCE_IN = timedelta(hours=8)
"""A person is told once in this time that nobody is there."""


@dataclass(frozen=True, slots=True)
class Words:
    """Telegram's HTML, and for how long it is not said again."""

    html: str
    once_in: timedelta


def words(session: Session, language: str, zone: str, now: datetime) -> Words | None:
    """What to say outside opening hours; None while somebody is there."""
    chosen = settings.options(session)
    if chosen.hours is None:
        return None
    spans = opening_hours.parse(chosen.hours)
    if opening_hours.is_open(spans, zone, now):
        return None
    own = chosen.auto_reply.get(language) or ""
    if own:
        return Words(escape(own, quote=False), ONCE_IN)
    return Words(phrase(language, "away", hours=opening_hours.localize(spans, language)), ONCE_IN)
