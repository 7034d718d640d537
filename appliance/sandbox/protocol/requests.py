"""A call's parameters out of the HTTP request: query, form, JSON or multipart alike."""

import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.web_request import FileField

from appliance.sandbox.protocol.errors import ApiError, bad_request
from appliance.sandbox.protocol.parameters import Parameters, Upload

_NOT_UTF8 = "Strings must be encoded in UTF-8"


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
