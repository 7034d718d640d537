"""Words for codes, in the language of the reader.

The database and the API have codes: the kind of a message's files stands in brackets before its
text, `[photo × 3] the hall`, and a failure has a short reason.
"""

import re
from collections.abc import Sequence

from appliance.models import Message
from appliance.services.i18n.catalog import phrase
from appliance.services.i18n.phrases import PHRASES

_CODE = re.compile(r"\[([a-z_]+)( × \d+)?\]", re.ASCII)


def in_words(text: str, language: str) -> str:
    """The text, with the kind that it begins with in words."""
    code = _CODE.match(text)
    if code is None or (key := f"kind_{code[1]}") not in PHRASES:
        return text
    return f"[{phrase(language, key)}{code[2] or ''}]{text[code.end() :]}"


def reason_in_words(reason: str, language: str) -> str:
    """A reason in words; one without words stays a code."""
    key = f"reason_{reason}"
    return phrase(language, key) if key in PHRASES else reason


def summary(message: Message) -> str:
    """A message in one line: the kind of its files in brackets, and its text."""
    kinds = [item["kind"] for item in [*(message.files or ()), *(message.media or ())]]
    return with_kinds(kinds, message.text or "")


def with_kinds(kinds: Sequence[str], text: str) -> str:
    """A text after the kind and number of its files: `[photo × 3] the hall`."""
    if not kinds:
        return text
    count = f" × {len(kinds)}" if len(kinds) > 1 else ""
    return f"[{kinds[0]}{count}] {text}".strip()
