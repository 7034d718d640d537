"""What the control API takes, checked; raises Invalid naming the field."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from appliance.errors import Invalid
from appliance.sandbox.people.attachments import Attachment
from appliance.sandbox.people.groups import NewGroup
from appliance.sandbox.world.faults import KINDS
from appliance.sandbox.world.files import FOLDERS
from appliance.sandbox.world.flood_control import Limits
from appliance.sandbox.world.model import ADMINISTRATOR, CHANNEL, GROUP, LEFT, MEMBER, SUPERGROUP

MAX_COUNT = 1_000_000
_LATENCY_MS = 2000
_LANGUAGES = ("en", "ru")
_LARGEST = 60 * 1024 * 1024
_TITLE_LIMIT = 128


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


def signed(request: web.Request, name: str) -> int | None:
    """A number below zero too, as the ids of groups are; None where there is none."""
    value = request.query.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
        raise Invalid(f"{name} is {value!r}: it takes a chat's id")
    return int(value)


def text(body: dict[str, Any], name: str, default: str | None = None) -> str:
    value = default if body.get(name) is None else body[name]
    if not isinstance(value, str):
        raise Invalid(f"{name}: it takes a text")
    return value


def integer(
    body: dict[str, Any], name: str, default: int | None = None, high: int = 2**62, low: int = 0
) -> int:
    value = default if body.get(name) is None else body[name]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Invalid(f"{name}: it takes a whole number from {low} to {high}")
    return value


def maybe(body: dict[str, Any], name: str) -> int | None:
    """A number below zero too, as the ids of groups are; None where there is none."""
    return None if body.get(name) is None else integer(body, name, low=-(2**62))


def flag(body: dict[str, Any], name: str, default: bool = False) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise Invalid(f"{name}: it takes true or false")
    return value


def one_of(body: dict[str, Any], name: str, values: Sequence[str], default: str | None) -> str:
    value = text(body, name, default)
    if value not in values:
        raise Invalid(f"{name} is {value!r}: it takes one of {', '.join(values)}")
    return value


def numbers(body: dict[str, Any], name: str) -> list[int]:
    """An array of ids; absent is empty."""
    listed = body.get(name) or []
    if not isinstance(listed, list):
        raise Invalid(f"{name}: it takes an array of numbers")
    return [integer({name: item}, name) for item in listed]


def real(body: dict[str, Any], name: str, high: float) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= high:
        raise Invalid(f"{name}: it takes a number from 0 to {high:g}")
    return float(value)


def only(body: dict[str, Any], names: tuple[str, ...]) -> None:
    unknown = [name for name in body if name not in names]
    if unknown:
        raise Invalid(f"{unknown[0]}: unknown; it takes {', '.join(names)}")


class NewPerson:
    _NAMES = ("first_name", "last_name", "username", "language_code")

    @classmethod
    def read(cls, body: dict[str, Any]) -> dict[str, str]:
        only(body, cls._NAMES)
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
        only(body, ("count", "blocked", "slow", "latency_ms", "start", "seed"))
        count = integer(body, "count", high=MAX_COUNT)
        blocked = integer(body, "blocked", 0, high=count)
        slow = integer(body, "slow", 0, high=count - blocked)
        start = flag(body, "start")
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
        "migrate_to_chat_id",
    )

    @classmethod
    def read(cls, body: dict[str, Any]) -> dict[str, Any]:
        only(body, cls._NAMES)
        kind = str(body.get("kind"))
        if kind not in KINDS:
            raise Invalid(f"kind is {kind!r}: it takes one of {', '.join(KINDS)}")
        fields: dict[str, Any] = {"kind": kind}
        for name in ("method", "description"):
            fields[name] = text(body, name) if body.get(name) is not None else None
        for name in ("count", "retry_after"):
            fields[name] = integer(body, name) if body.get(name) is not None else None
        for name in ("chat_id", "migrate_to_chat_id"):
            fields[name] = maybe(body, name)
        if fields["count"] == 0:
            raise Invalid("count: it takes a whole number from 1")
        fields["probability"] = real(body, "probability", 1)
        fields["seconds"] = real(body, "seconds", 3600)
        return fields


class NewFile:
    NAMES = ("content", "size", "name", "mime", *Attachment.ABOUT)

    @classmethod
    def read(cls, body: dict[str, Any], kind: str | None = None) -> Attachment:
        """What somebody sends; `kind` where the address tells it, else the body does."""
        kind = kind or one_of(body, "kind", tuple(FOLDERS), None)
        try:
            content = base64.b64decode(text(body, "content", ""), validate=True)
        except binascii.Error:
            raise Invalid("content: it takes a file in base64") from None
        about = {name: body[name] for name in Attachment.ABOUT if body.get(name) is not None}
        name, mime = text(body, "name", ""), text(body, "mime", "")
        size = integer(body, "size", 0, high=_LARGEST)
        return Attachment(kind, content, size, name, mime, about)


class NewChat:
    _NAMES = ("type", "title", "creator", "username", "is_forum", "bot", "members")

    @classmethod
    def read(cls, body: dict[str, Any], creator: int) -> NewGroup:
        """`creator`: who founds it where the body names nobody."""
        only(body, cls._NAMES)
        kind = one_of(body, "type", (GROUP, SUPERGROUP, CHANNEL), GROUP)
        title = text(body, "title", "Club").strip()
        if not 1 <= len(title) <= _TITLE_LIMIT:
            raise Invalid(f"title: it takes 1 to {_TITLE_LIMIT} characters")
        usual = ADMINISTRATOR if kind == CHANNEL else MEMBER
        return NewGroup(
            type=kind,
            title=title,
            creator=integer(body, "creator", creator),
            username=text(body, "username", "") or None,
            is_forum=flag(body, "is_forum"),
            bot=one_of(body, "bot", (MEMBER, ADMINISTRATOR, LEFT), usual),
            members=numbers(body, "members"),
        )


class NewLimits:
    _NAMES = ("per_second", "chat_per_second", "chat_burst", "group_per_minute", "penalty")

    @classmethod
    def read(cls, body: dict[str, Any]) -> Limits | None:
        """The limits that flood control shall hold; None to switch it off."""
        only(body, ("enabled", *cls._NAMES))
        fields: dict[str, Any] = {
            name: integer(body, name, high=1_000_000)
            for name in cls._NAMES
            if body.get(name) is not None and name != "chat_per_second"
        }
        rate = real(body, "chat_per_second", 1_000_000)
        if rate is not None:
            fields["chat_per_second"] = rate
        limits = Limits(**fields)
        return limits if flag(body, "enabled", True) else None
