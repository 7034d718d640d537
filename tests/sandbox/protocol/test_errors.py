"""Telegram's error codes and words."""

import pytest

from appliance.sandbox.protocol.errors import (
    bad_request,
    conflict,
    forbidden,
    too_many_requests,
)


@pytest.mark.parametrize(
    ("error", "code", "description"),
    [
        (bad_request("Chat not found"), 400, "Bad Request: chat not found"),
        (bad_request("BUTTON_DATA_INVALID"), 400, "Bad Request: BUTTON_DATA_INVALID"),
        (forbidden("Bot was blocked by the user"), 403, "Forbidden: bot was blocked by the user"),
        (conflict("terminated by x"), 409, "Conflict: terminated by x"),
        (too_many_requests(5), 429, "Too Many Requests: retry after 5"),
    ],
)
def test_words(error, code, description):
    assert (error.code, error.description) == (code, description)
