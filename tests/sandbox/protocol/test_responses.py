"""The shape of answers and errors."""

import json

from appliance.sandbox.protocol.errors import (
    bad_request,
    too_many_requests,
)
from appliance.sandbox.protocol.responses import Described, failure, success


def test_an_error_has_its_code_as_status():
    response = failure(too_many_requests(5))
    assert response.status == 429
    assert response.headers["Retry-After"] == "5"
    assert json.loads(response.body) == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 5",
        "parameters": {"retry_after": 5},
    }


def test_a_result_may_be_described():
    assert json.loads(success([1]).body) == {"ok": True, "result": [1]}
    assert json.loads(success(Described(True, "Webhook was set")).body) == {
        "ok": True,
        "result": True,
        "description": "Webhook was set",
    }


def test_words_may_quote_what_is_no_unicode():
    assert failure(bad_request("no \ud800")).status == 400
