"""The automatic reply outside opening hours, which says when to expect an answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from sqlalchemy.orm import Session

from appliance.services.i18n.catalog import phrase
from appliance.services.inbox import opening_hours, settings

ONCE_IN = timedelta(hours=8)
"""A person gets it once in this time."""


@dataclass(frozen=True, slots=True)
class AutoReply:
    """A text in Telegram's HTML, and for how long it is not sent again."""

    html: str
    once_in: timedelta


def current(session: Session, language: str, zone: str, now: datetime) -> AutoReply | None:
    """The reply outside opening hours; None within them."""
    chosen = settings.options(session)
    if chosen.hours is None:
        return None
    spans = opening_hours.parse(chosen.hours)
    if opening_hours.is_open(spans, zone, now):
        return None
    own = chosen.auto_reply.get(language) or ""
    if own:
        return AutoReply(escape(own, quote=False), ONCE_IN)
    return AutoReply(
        phrase(language, "away", hours=opening_hours.localize(spans, language)), ONCE_IN
    )
