"""What an organisation decides about its inbox: opening hours, and the text sent outside them."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from appliance.crud.settings import INBOX, get_setting, put_setting
from appliance.errors import Invalid, localized_plural
from appliance.languages import LANGUAGES
from appliance.services.inbox import opening_hours

_MAX_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Options:
    """`hours` None: always open. An empty text of `auto_reply`: the built-in one."""

    hours: str | None = None
    auto_reply: dict[str, str] = field(default_factory=lambda: dict.fromkeys(LANGUAGES, ""))


def options(session: Session) -> Options:
    stored = get_setting(session, INBOX) or {}
    texts = stored.get("auto_reply") or {}
    return Options(
        stored.get("hours"), {language: str(texts.get(language, "")) for language in LANGUAGES}
    )


def set_options(session: Session, chosen: Options, now: datetime | None = None) -> Options:
    """Raises Invalid for unreadable hours, and for a text that is too long."""
    hours = opening_hours.written(opening_hours.parse(chosen.hours)) if chosen.hours else None
    texts = {language: chosen.auto_reply.get(language, "").strip() for language in LANGUAGES}
    for language, text in texts.items():
        if len(text) > _MAX_TEXT:
            message = localized_plural(
                "the text can have up to {count} character",
                "the text can have up to {count} characters",
                count=_MAX_TEXT,
            )
            raise Invalid.at(f"auto_reply.{language}", message)
    put_setting(session, INBOX, {"hours": hours, "auto_reply": texts}, now)
    return Options(hours, texts)
