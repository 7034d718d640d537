"""Who may call the control API."""

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
def test_other_sites_are_refused(api, headers):
    status, body, _ = api.request("GET", "/sandbox/people", **headers)
    assert status == 403
    assert b"loopback" in body


@pytest.mark.parametrize(
    "headers",
    [{"Host": "localhost:8081"}, {"Host": "[::1]:80"}, {"Origin": "http://127.0.0.1:8080"}],
)
def test_loopback_names_are_welcome(api, headers):
    assert api.request("GET", "/sandbox/people", **headers)[0] == 200
