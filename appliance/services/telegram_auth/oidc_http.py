"""The few calls to an OpenID Connect issuer: small JSON answers, short timeouts, no redirects."""

import json
import logging
from typing import Any

import requests

from appliance.errors import Unauthorized, Unavailable, localized

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = (3.0, 7.0)  # to connect, and for a piece of the answer; a visitor waits meanwhile
MAX_BYTES = 256 * 1024  # of an answer; keys and tokens are a few KB, and it is held in memory

_LATER = localized("Telegram cannot be asked just now: try again a little later")


def get(url: str) -> dict[str, Any]:
    """A JSON object. Raises Unavailable."""
    status, answer = _call("GET", url)
    if status != 200 or answer is None:
        raise _unavailable(url, f"status {status}")
    return answer


def post_form(url: str, form: dict[str, str], auth: tuple[str, str]) -> dict[str, Any]:
    """Post a form with HTTP Basic. Raises Unauthorized for a refusal (4xx), else Unavailable."""
    status, answer = _call("POST", url, data=form, auth=auth)
    # 429 is about how often this site asks, not about this login.
    if 400 <= status < 500 and status != 429:
        # invalid_grant: a code that is wrong, expired or used; invalid_client: a wrong secret
        log.warning("the issuer refused a login: %s", _reason(answer))
        raise Unauthorized(localized("Telegram did not confirm this login: try again"))
    if status != 200 or answer is None:
        raise _unavailable(url, f"status {status}")
    return answer


def _call(method: str, url: str, **options: Any) -> tuple[int, dict[str, Any] | None]:
    """The status and the JSON object of the answer, None when there is none."""
    try:
        # No redirects: a 307 would have the code sent on to wherever the answer points.
        with requests.request(
            method, url, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True, **options
        ) as response:
            return response.status_code, _read(response)
    except (requests.RequestException, ValueError) as error:
        raise _unavailable(url, type(error).__name__) from None


def _read(response: requests.Response) -> dict[str, Any] | None:
    body = b""
    for piece in response.iter_content(16 * 1024):
        body += piece
        if len(body) > MAX_BYTES:
            return None
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _reason(answer: dict[str, Any] | None) -> str:
    """The `error` word of RFC 6749; nothing else of the answer reaches the log."""
    code = str((answer or {}).get("error", ""))[:40]
    return code if code.replace("_", "").isalnum() else "without a word"


def _unavailable(url: str, why: str) -> Unavailable:
    log.warning("%s: %s", url.partition("?")[0], why)
    return Unavailable(_LATER)
