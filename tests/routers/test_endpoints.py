"""The endpoint layer: what a body and a query may be, whoever asks."""

import pytest

REGISTER = "/api/v1/auth/register"


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"email":', b"\xff\xfe", b'{"name": "\\ud800"}', b"[" * 5000, b"NaN"]
)
def test_what_is_no_json_is_400(app, body):
    response = app.test_client().post(REGISTER, data=body, content_type="application/json")
    assert response.status_code in ({422} if body == b"NaN" else {400})
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("media", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_another_media_type_is_415(app, media):
    response = app.test_client().post(REGISTER, data=b"{}", content_type=media)
    assert response.status_code == 415
    assert response.json["title"] == "Unsupported Media Type"


def test_a_body_over_the_limit_is_413(app):
    body = b'{"name": "' + b"x" * (1024 * 1024) + b'"}'
    response = app.test_client().post(REGISTER, data=body, content_type="application/json")
    assert response.status_code == 413
    assert response.json["detail"] == "the body is too large: it takes up to 1 MiB"


def test_json_with_a_charset_is_json(app):
    response = app.test_client().post(
        REGISTER, data=b"{}", content_type="application/json; charset=utf-8"
    )
    assert response.status_code == 422
    fields = {fault["field"] for fault in response.json["faults"]}
    assert fields == {"email", "password", "name"}


def test_a_fault_does_not_repeat_what_was_sent(app):
    response = app.test_client().post(
        REGISTER, json={"email": 7, "password": ["hunter2hunter2"], "name": "x"}
    )
    assert response.status_code == 422
    assert "hunter2" not in response.text
