"""Every error as problem+json, from one map."""

import logging

import pytest

from appliance import errors, web
from appliance.crud.messages import messages
from appliance.database import writing
from appliance.errors import ApplianceError
from appliance.routers.api import context, problems


def _tree(kind=ApplianceError):
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)


def test_every_error_has_a_status():
    for kind in _tree():
        assert any(parent in problems.STATUSES for parent in kind.__mro__), kind
    assert problems.status_of(errors.EmailTaken("x")) == 409
    assert problems.status_of(errors.BadToken("x")) == 503


def test_kinds_are_words():
    assert problems.kind_of(errors.NotFound("x")) == "urn:appliance:problem:not-found"
    assert problems.kind_of(errors.EmailTaken("x")) == "urn:appliance:problem:email-taken"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/v1/nothing", 404),
        ("POST", "/api/v1/nothing", 404),
        ("GET", "/api/docs/nothing.js", 404),
        ("DELETE", "/api/v1/site", 405),
        ("GET", "/api/v1/auth/login", 405),
        ("POST", "/healthz", 405),
    ],
)
def test_wrong_addresses(app, method, path, status):
    response = app.test_client().open(path, method=method)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == status
    assert response.json["type"] == "about:blank"
    assert ("Allow" in response.headers) == (status == 405)


@pytest.fixture
def new_app(settings, database):
    """An application of its own, which may be given routes."""
    app = web.create_app(settings)
    yield app
    web.close_app(app)


def test_a_bug_is_500_and_only_the_log_knows_more(new_app, caplog):
    def broken():
        raise RuntimeError("with a secret")

    new_app.add_url_rule("/api/v1/broken", view_func=broken)
    with caplog.at_level(logging.ERROR):
        response = new_app.test_client().get("/api/v1/broken")
    assert response.status_code == 500
    assert response.json["title"] == "Internal Server Error"
    assert "secret" not in response.text and "Traceback" not in response.text
    assert "with a secret" in caplog.text


def test_a_bug_in_a_write_puts_no_letter_into_the_log(new_app, caplog):
    letter = "TOP SECRET"  # not in the line that fails: a traceback quotes the program

    def broken():
        with writing(context.session()) as session:
            no_chat = 7
            messages.queue(session, no_chat, "sendMessage", {"text": letter}, text=letter)

    new_app.add_url_rule("/api/v1/broken", view_func=broken)
    assert new_app.test_client().get("/api/v1/broken").status_code == 500
    assert "INSERT INTO messages" in caplog.text
    assert "SECRET" not in caplog.text


def test_too_many_requests_say_when(new_app):
    def busy():
        raise errors.TooManyRequests("slow down", retry_after=1.2)

    new_app.add_url_rule("/api/v1/busy", view_func=busy)
    response = new_app.test_client().get("/api/v1/busy")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "2")


def test_people_get_a_word_not_json(app):
    response = app.test_client().get("/assets/missing.js")
    assert (response.status_code, response.mimetype) == (404, "text/plain")


def test_a_redirect_stays_on_the_site_whatever_the_host_header_says(app):
    answer = app.test_client().get("/api/v1//users?q=a", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "/api/v1/users?q=a")
