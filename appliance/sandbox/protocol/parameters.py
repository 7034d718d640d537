"""The parameters of a call, however they were sent, read by Telegram's lenient rules.

Telegram takes them from the query, a form, JSON and multipart alike, and keeps all as text: a
number may come as `"5"`, an object as JSON inside a string.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.web_request import FileField

from appliance.sandbox.protocol.responses import ApiError, bad_request

_TRUE = frozenset({"true", "yes", "1"})
_INTEGER = re.compile(r"\s*[+-]?\d{1,20}\s*")
_NOT_UTF8 = "Strings must be encoded in UTF-8"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a multipart body."""

    filename: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class Parameters:
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

    def json(self, name: str, words: str) -> Any:
        """What the JSON says; None where it is absent, empty or null. Raises ApiError `words`."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(words) from None


async def read(request: web.Request) -> Parameters:
    """All parameters of the request; one in the query wins. Raises ApiError."""
    try:
        parameters = await _read_body(request)
        parameters.values.update(request.query)
        json.dumps(parameters.values, ensure_ascii=False).encode()
    except UnicodeError:
        raise bad_request(_NOT_UTF8) from None
    return parameters


async def _read_body(request: web.Request) -> Parameters:
    if not request.body_exists:
        return Parameters()
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request)
    body = await _read_bytes(request)
    if request.content_type == "application/json":
        return Parameters(_object(body))
    if request.content_type == "application/x-www-form-urlencoded":
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
        return Parameters(dict(reversed(pairs)))
    return Parameters()


async def _read_bytes(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        document = json.loads(body.decode())
    except UnicodeError:
        raise
    except ValueError:
        raise bad_request("Can't parse JSON object") from None
    if not isinstance(document, dict):
        raise bad_request("Can't parse JSON object")
    return {name: value for name, value in document.items() if value is not None}


async def _read_multipart(request: web.Request) -> Parameters:
    try:
        form = await request.post()
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None
    except ValueError:
        raise bad_request("Can't parse multipart form data") from None
    parameters = Parameters()
    for name, value in form.items():
        if isinstance(value, FileField):
            with value.file as file:
                content = file.read()
            parameters.uploads[name] = Upload(value.filename, value.content_type, content)
        elif isinstance(value, str):
            parameters.values.setdefault(name, value)
    return parameters
