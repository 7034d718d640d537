"""The Bot API's refusals: an error code, and a description in Telegram's own words."""

from typing import Any

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
    def prefixed(cls, code: int, message: str) -> "ApiError":
        """With the prefix of the code and the first letter in lower case, unless it is a CONSTANT.

        `Bad Request: can't parse…` from `Can't parse…`, but `Bad Request: BUTTON_DATA_INVALID`.
        """
        if len(message) > 1 and not message[1].isupper():
            message = message[0].lower() + message[1:]
        return cls(code, f"{_PREFIXES[code]}: {message}")


def bad_request(message: str) -> ApiError:
    return ApiError.prefixed(400, message)


def forbidden(message: str) -> ApiError:
    return ApiError.prefixed(403, message)


def conflict(message: str) -> ApiError:
    return ApiError.prefixed(409, message)


def too_many_requests(retry_after: int, description: str | None = None) -> ApiError:
    description = description or f"Too Many Requests: retry after {retry_after}"
    return ApiError(429, description, {"retry_after": retry_after})
