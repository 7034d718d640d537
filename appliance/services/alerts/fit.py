"""An alert as Telegram takes it: cleaned, and cut with the whole of it beside it as a file.

A program does not try again when it is refused, so what it said would be lost. People, who can
mend their text, are told the place instead.
"""

import hashlib
import logging
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from appliance.errors import Unavailable
from appliance.services import content, notify
from appliance.services.content import media
from appliance.services.content.html import plain
from appliance.services.notify import NewNotification
from appliance.telegram.emptiness import looks_blank
from appliance.telegram.html import EntityError

log = logging.getLogger(__name__)

LONGEST_WHOLE = 8 * 1024 * 1024
"""Characters of the file, and of a text that is cleaned."""

_WHOLE = "message.txt"

# Colours and the like; titles of windows; strings for a device; what has two or three characters.
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|[PX^_][^\x1b]*(?:\x1b\\)?"
    r"|[ -/]*[0-~])?"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """Without a terminal's escape sequences, and without what no message can hold."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def _seen(text: str) -> str:
    """Nothing where nothing is seen: Telegram would refuse the other part with it."""
    return "" if looks_blank(text) else text


def fit(new: NewNotification) -> tuple[NewNotification, str | None]:
    """What can be sent of it, and its whole text where that had to be cut.

    What then is refused still says nothing, or goes to nobody.
    """
    title = _seen(cut(" ".join(clean(new.title or "").split()), notify.MAX_TITLE))
    text = _seen(clean(new.text)[:LONGEST_WHOLE])
    new = replace(new, title=title or None, text=text)
    if content.lint_options({"buttons": new.buttons}):
        new = replace(new, buttons=())
    as_text = replace(new, text=_seen(_plain(new)), format="plain")
    for candidate in (new, as_text):
        if not notify.text_faults(candidate):
            return candidate, None
    room = content.CAPTION_LIMIT - len(title) - 1
    shorter = replace(as_text, text=cut(as_text.text.strip(), room))
    whole = "\n\n".join(part for part in (title, as_text.text) if part)
    return shorter, whole if shorter.text != as_text.text.strip() else None


def made_to_arrive(new: NewNotification, data: Path) -> NewNotification:
    """As `fit`, with the whole kept as a file where there is room; a key of any length is taken."""
    key = new.key
    if key is not None and len(key) > notify.LONGEST_KEY:
        key = hashlib.sha256(key.encode()).hexdigest()
    new, whole = fit(replace(new, key=key or None))
    if whole is None:
        return new
    try:
        return replace(new, file=media.keep(data, "document", BytesIO(whole.encode()), _WHOLE))
    except Unavailable as error:
        log.warning("the whole of a long notification is not sent along: %s", error)
        return new


def _plain(new: NewNotification) -> str:
    try:
        return plain(new.text, new.format)
    except EntityError:
        return new.text
