"""The shape of answers and errors."""

import json

import pytest

from appliance.sandbox.protocol.responses import (
    ApiError,
    Described,
    bad_request,
    conflict,
    failure,
    forbidden,
    success,
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
def test_words(error: ApiError, code: int, description: str) -> None:
    assert (error.code, error.description) == (code, description)


def test_an_error_has_its_code_as_status() -> None:
    response = failure(too_many_requests(5))
    assert response.status == 429
    assert response.headers["Retry-After"] == "5"
    assert json.loads(response.body) == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 5",
        "parameters": {"retry_after": 5},
    }


def test_a_result_may_be_described() -> None:
    assert json.loads(success([1]).body) == {"ok": True, "result": [1]}
    assert json.loads(success(Described(True, "Webhook was set")).body) == {
        "ok": True,
        "result": True,
        "description": "Webhook was set",
    }


def test_words_may_quote_what_is_no_unicode() -> None:
    assert failure(bad_request("no \ud800")).status == 400
