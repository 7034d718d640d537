"""The parameters of a call, however they were sent, read by Telegram's lenient rules.

Telegram takes them from the query, a form, JSON and multipart alike, and keeps all as text: a
number may come as `"5"`, an object as JSON inside a string.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from appliance.sandbox.protocol.errors import bad_request

_TRUE = frozenset({"true", "yes", "1"})
_INTEGER = re.compile(r"\s*[+-]?\d{1,20}\s*")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a multipart body."""

    filename: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class Parameters:
    """What a call was given; each method reads one parameter as one type."""

    values: dict[str, Any] = field(default_factory=dict)
    """Text, or what JSON made of it."""
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        if value is None:
            return default
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        return json.dumps(value, ensure_ascii=False)

    def integer(self, name: str, default: int = 0) -> int:
        """The number; `default` where there is none or what was sent is no number."""
        number = self.number(name)
        return default if number is None else number

    def number(self, name: str) -> int | None:
        value = self.text(name)
        return int(value) if _INTEGER.fullmatch(value) else None

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in _TRUE

    def json(self, name: str, refusal: str) -> Any:
        """The parsed value; None where it is absent, empty or null.

        Raises ApiError with the `refusal` for what is no JSON.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(refusal) from None
