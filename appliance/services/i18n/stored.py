"""What the program noted for people to read later, such as why a broadcast was halted.

It is written once and read in any language: so a text that was said is stored with its template
and its values, as JSON, and any other text (Telegram's own words, say) as it is.
"""

import json
from typing import Any

from appliance.errors import Localized

_START = '{"said":'


def pack(text: str, limit: int | None = None) -> str:
    """To be stored in a column of `limit` characters; the bare text where the whole is too long."""
    if not isinstance(text, Localized):
        return text[:limit]
    packed = json.dumps(_parts(text), ensure_ascii=False, separators=(",", ":"), default=str)
    return packed if limit is None or len(packed) <= limit else str(text)[:limit]


def unpack(stored: str | None) -> str | None:
    """As it was told: `Said` again where it was said, so that it can be translated."""
    if stored is None or not stored.startswith(_START):
        return stored
    try:
        return _said(json.loads(stored))
    except (ValueError, LookupError, AttributeError):  # cut off, or of another version
        return stored


def _parts(text: Localized) -> dict[str, Any]:
    values = {
        name: _parts(value) if isinstance(value, Localized) else value
        for name, value in text.values.items()
    }
    return {"said": text.template, "with": values}


def _said(parts: dict[str, Any]) -> Localized:
    values = {
        name: _said(value) if isinstance(value, dict) else value
        for name, value in parts["with"].items()
    }
    said = Localized(parts["said"].format_map(values))
    said.template, said.values = parts["said"], values
    return said
