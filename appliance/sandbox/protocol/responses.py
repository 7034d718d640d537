"""Results and errors as the JSON documents that Telegram sends."""

import json
from typing import Any

from aiohttp import web

from appliance.sandbox.protocol.errors import ApiError


class Described:
    """A result that comes with a description, such as `Webhook was set`."""

    def __init__(self, result: object, description: str) -> None:
        self.result = result
        self.description = description


def success(result: object) -> web.Response:
    document: dict[str, Any] = {"ok": True}
    if isinstance(result, Described):
        document |= {"result": result.result, "description": result.description}
    else:
        document["result"] = result
    return as_json(document)


def failure(error: ApiError) -> web.Response:
    document: dict[str, Any] = {
        "ok": False,
        "error_code": error.code,
        "description": error.description,
    }
    headers = {}
    if error.parameters:
        document["parameters"] = error.parameters
        if "retry_after" in error.parameters:
            headers["Retry-After"] = str(error.parameters["retry_after"])
    return as_json(document, error.code, headers)


def as_json(
    document: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate is refused on the way in, but the refusal may quote it.
    return web.Response(
        body=body.encode("utf-8", "replace"),
        status=status,
        headers=headers,
        content_type="application/json",
    )
