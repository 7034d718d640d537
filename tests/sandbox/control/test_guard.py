"""Who may call the control API."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8081"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_other_sites_are_refused(api: Any, headers: dict[str, str]) -> None:
    status, body, _ = api.request("GET", "/sandbox/people", **headers)
    assert status == 403
    assert b"loopback" in body


@pytest.mark.parametrize(
    "headers",
    [{"Host": "localhost:8081"}, {"Host": "[::1]:80"}, {"Origin": "http://127.0.0.1:8080"}],
)
def test_loopback_names_are_welcome(api: Any, headers: dict[str, str]) -> None:
    assert api.request("GET", "/sandbox/people", **headers)[0] == 200
