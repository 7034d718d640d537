"""What the control API takes, checked; raises Invalid naming the field."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from appliance.errors import Invalid
from appliance.sandbox.faults import KINDS

MAX_COUNT = 1_000_000
_LATENCY_MS = 2000
_LANGUAGES = ("en", "ru")


async def document(request: web.Request) -> dict[str, Any]:
    """The JSON object in the body; an empty body is an empty one."""
    body = await request.read()
    if not body.strip():
        return {}
    if request.content_type != "application/json":
        raise Invalid("Content-Type: it takes application/json")
    try:
        parsed = json.loads(body)
    except ValueError:
        raise Invalid("the body is not JSON") from None
    if not isinstance(parsed, dict):
        raise Invalid("the body takes a JSON object")
    return parsed


def number(request: web.Request, name: str, default: int) -> int:
    value = request.query.get(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise Invalid(f"{name} is {value!r}: it takes a number from 0")
    return int(value)


def text(body: dict[str, Any], name: str, default: str | None = None) -> str:
    value = default if body.get(name) is None else body[name]
    if not isinstance(value, str):
        raise Invalid(f"{name}: it takes a text")
    return value


def integer(body: dict[str, Any], name: str, default: int | None = None, high: int = 2**62) -> int:
    value = default if body.get(name) is None else body[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= high:
        raise Invalid(f"{name}: it takes a whole number from 0 to {high}")
    return value


def real(body: dict[str, Any], name: str, high: float) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= high:
        raise Invalid(f"{name}: it takes a number from 0 to {high:g}")
    return float(value)


def _only(body: dict[str, Any], names: tuple[str, ...]) -> None:
    unknown = [name for name in body if name not in names]
    if unknown:
        raise Invalid(f"{unknown[0]}: unknown; it takes {', '.join(names)}")


class NewPerson:
    _NAMES = ("first_name", "last_name", "username", "language_code")

    @classmethod
    def read(cls, body: dict[str, Any]) -> dict[str, str]:
        _only(body, cls._NAMES)
        given = {name: text(body, name) for name in cls._NAMES if body.get(name) is not None}
        if given.get("language_code", "en") not in _LANGUAGES:
            raise Invalid(f"language_code: it takes {' or '.join(_LANGUAGES)}")
        return given


@dataclass(frozen=True, slots=True)
class Crowd:
    """Several people at once; those who block and those who are slow are different ones."""

    count: int
    blocked: int
    slow: int
    latency_ms: int
    start: bool
    seed: int | None

    @classmethod
    def read(cls, body: dict[str, Any]) -> "Crowd":
        _only(body, ("count", "blocked", "slow", "latency_ms", "start", "seed"))
        count = integer(body, "count", high=MAX_COUNT)
        blocked = integer(body, "blocked", 0, high=count)
        slow = integer(body, "slow", 0, high=count - blocked)
        start = body.get("start", False)
        if not isinstance(start, bool):
            raise Invalid("start: it takes true or false")
        seed = None if body.get("seed") is None else integer(body, "seed")
        latency_ms = integer(body, "latency_ms", _LATENCY_MS, high=600_000)
        return cls(count, blocked, slow, latency_ms, start, seed)


class NewFault:
    _NAMES = (
        "kind",
        "method",
        "chat_id",
        "count",
        "probability",
        "retry_after",
        "seconds",
        "description",
    )

    @classmethod
    def read(cls, body: dict[str, Any]) -> dict[str, Any]:
        _only(body, cls._NAMES)
        kind = str(body.get("kind"))
        if kind not in KINDS:
            raise Invalid(f"kind is {kind!r}: it takes one of {', '.join(KINDS)}")
        fields: dict[str, Any] = {"kind": kind}
        for name in ("method", "description"):
            fields[name] = text(body, name) if body.get(name) is not None else None
        for name in ("chat_id", "count", "retry_after"):
            fields[name] = integer(body, name) if body.get(name) is not None else None
        if fields["count"] == 0:
            raise Invalid("count: it takes a whole number from 1")
        fields["probability"] = real(body, "probability", 1)
        fields["seconds"] = real(body, "seconds", 3600)
        return fields
