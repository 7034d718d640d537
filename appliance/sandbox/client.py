"""A caller of the simulator's control API, for the command line."""

import json
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from appliance.config import LOOPBACK
from appliance.errors import ConfigError, Conflict, Invalid, NotFound, Unavailable

_TIMEOUT_SECONDS = 60  # thousands of people are made in a few
_ERRORS = {400: Invalid, 404: NotFound, 409: Conflict}


class ControlClient:
    """Raises ConfigError for an address that is not on loopback."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            raise ConfigError(
                f"{url!r} is not a simulator's address: expected http://127.0.0.1:PORT"
            )
        self._url = url
        self._host = parts.hostname
        self._port = parts.port or 80

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON answer; None where there is none.

        Raises Unavailable where nobody answers, else the domain error that fits the status.
        """
        connection = HTTPConnection(self._host, self._port, timeout=_TIMEOUT_SECONDS)
        try:
            content = None if body is None else json.dumps(body)
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, f"/sandbox{path}", content, headers)
            response = connection.getresponse()
            return self._read(response.status, response.read())
        except (OSError, HTTPException) as error:
            raise Unavailable(
                f"no simulator answers at {self._url} ({error}):"
                " start one with `appliance sandbox serve`, or pass --url"
            ) from None
        finally:
            connection.close()

    def _read(self, status: int, content: bytes) -> Any:
        if status == 204:
            return None
        try:
            document = json.loads(content)
        except ValueError:
            raise Unavailable(f"unknown answer from {self._url}: expected a simulator") from None
        if status >= 400:
            raise _ERRORS.get(status, Unavailable)(str(document.get("error", document)))
        return document
