"""The simulator's control API, as tests ask it."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

SECONDS = 60  # thousands of people take a few


def ask(url: str, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
    """The answer of `/sandbox/PATH`; a body is posted. What is refused fails the test."""
    method = method or ("GET" if body is None else "POST")
    connection = HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)
    try:
        content = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        connection.request(method, f"/sandbox/{path}", content, headers)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    assert response.status < 400, f"{method} {path}: {response.status} {answer.decode()}"
    return json.loads(answer) if answer else None
