"""What the Bot API answers: a result, or an error with Telegram's number and words."""

import json
from typing import Any

from aiohttp import web

_PREFIXES = {400: "Bad Request", 403: "Forbidden", 409: "Conflict"}


class ApiError(Exception):
    """A call is refused; `description` is complete, as it goes over the wire."""

    def __init__(
        self, code: int, description: str, parameters: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    @classmethod
    def saying(cls, code: int, message: str) -> "ApiError":
        """With the prefix of the code and the first letter in lower case, unless it is a CONSTANT.

        `Bad Request: can't parse…` from `Can't parse…`, but `Bad Request: BUTTON_DATA_INVALID`.
        """
        if len(message) > 1 and not message[1].isupper():
            message = message[0].lower() + message[1:]
        return cls(code, f"{_PREFIXES[code]}: {message}")


def bad_request(message: str) -> ApiError:
    return ApiError.saying(400, message)


def forbidden(message: str) -> ApiError:
    return ApiError.saying(403, message)


def conflict(message: str) -> ApiError:
    return ApiError.saying(409, message)


def too_many_requests(retry_after: int, description: str | None = None) -> ApiError:
    words = description or f"Too Many Requests: retry after {retry_after}"
    return ApiError(429, words, {"retry_after": retry_after})


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
