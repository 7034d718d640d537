"""Every error as problem+json, from one map."""

import logging

import pytest
from flask import Response
from werkzeug import exceptions

from appliance import errors, web
from appliance.crud.messages import messages
from appliance.database import writing
from appliance.errors import ApplianceError, localized
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


@pytest.fixture
def answer_to(new_app):
    """`answer_to(error)`: what is answered where a view of the API raises it."""
    raised = []

    def view():
        raise raised[-1]

    new_app.add_url_rule("/api/v1/raised", view_func=view)

    def answer(error):
        raised.append(error)
        return new_app.test_client().get("/api/v1/raised")

    return answer


def test_what_a_view_raises_is_told(answer_to):
    """In words of ours where there are any, else in Werkzeug's, and never as its HTML."""
    told = [
        (errors.Forbidden(localized("not you")), 403, "not you"),
        (errors.Unauthorized(localized("log in first")), 401, "log in first"),
        (exceptions.BadRequest(localized("no JSON")), 400, "no JSON"),
        (exceptions.BadRequest(), 400, "the request cannot be understood"),
        (exceptions.NotFound(), 404, "there is nothing at this address"),
        (exceptions.RequestEntityTooLarge(), 413, "the body is too large: the limit is 1 MiB"),
        (exceptions.Gone("it was here"), 410, "it was here"),
    ]
    answers = [answer_to(error) for error, _, _ in told]
    assert [(a.status_code, a.json["detail"]) for a in answers] == [
        (status, detail) for _, status, detail in told
    ]
    assert {answer.mimetype for answer in answers} == {problems.MEDIA}
    challenges = [answer.headers.get("WWW-Authenticate") for answer in answers]
    assert challenges == [None, "Bearer", *[None] * 5]


def test_faults_are_listed_where_there_are_any(answer_to):
    told = {"type": "urn:appliance:problem:invalid", "title": "Unprocessable Entity", "status": 422}
    one = {"field": "key", "message": "it is taken"}
    answer = answer_to(errors.Invalid.at("key", localized("it is taken")))
    assert answer.json == {**told, "detail": "it is taken", "faults": [one]}
    assert answer_to(errors.Invalid("no")).json == {**told, "detail": "no"}


def test_an_answer_that_is_raised_goes_as_it_is(answer_to):
    answer = answer_to(exceptions.Forbidden(response=Response("as it is", 403)))
    assert (answer.status_code, answer.text) == (403, "as it is")


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
