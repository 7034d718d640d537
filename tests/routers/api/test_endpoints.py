"""The endpoint layer: what a body and a query may be, whoever asks."""

from io import BytesIO

import pytest
from flask import Response
from pydantic import BaseModel, Field
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from appliance.errors import Invalid
from appliance.routers.api.endpoints import Access, declaration, endpoint

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
    assert response.json["detail"] == "the body is too large: the limit is 1 MiB"


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


SCOPES = ("notify", "broadcasts", "inbox", "read")


@pytest.mark.parametrize(
    ("method", "path", "enough"),
    [
        ("GET", "/users/me", {"read"}),
        ("HEAD", "/users/me", {"read"}),
        ("GET", "/users", {"read"}),
        ("GET", "/tokens", {"read"}),
        ("GET", "/broadcasts", {"read", "broadcasts"}),
        ("GET", "/broadcasts/7", {"read", "broadcasts"}),
        ("POST", "/broadcasts", {"broadcasts"}),
        ("POST", "/broadcasts/preview", {"broadcasts"}),
        ("POST", "/broadcasts/7/pause", {"broadcasts"}),
        ("POST", "/media", {"broadcasts"}),
        ("POST", "/schedules", {"broadcasts"}),
        ("GET", "/inbox", {"read", "inbox"}),
        ("POST", "/inbox/7/reply", {"inbox"}),
        ("POST", "/notify", {"notify"}),
        ("GET", "/site", set(SCOPES)),
        ("GET", "/session", set(SCOPES)),
        ("PATCH", "/users/me", set()),
        ("PATCH", "/users/7", set()),
        ("POST", "/users/me/password", set()),
        ("POST", "/users/me/telegram/link", set()),
        ("DELETE", "/users/me/telegram", set()),
        ("POST", "/topics", set()),
        ("POST", "/tokens", set()),
        ("POST", "/auth/login", set()),
        ("POST", "/auth/logout", set()),
    ],
)
def test_what_a_token_may_is_said_by_its_scopes(program, make_user, method, path, enough):
    make_user("ada", "admin")
    for scope in SCOPES:
        response = program(1, scope).call(method, path)
        assert (response.status_code != 403) == (scope in enough), (scope, response.text)
        if response.status_code == 403 and method != "HEAD":
            word = f"a token with the scope {next(iter(sorted(enough)))}" if enough else "tokens"
            assert word in response.json["detail"]


def test_no_write_is_open_to_a_token_unless_it_says_so(app, program, make_user, example_path):
    """Whatever is added is closed until somebody decides otherwise."""
    make_user("ada", "admin")
    caller = program(1, *SCOPES)
    closed = [
        (method, rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in rule.methods - {"GET", "HEAD", "OPTIONS"}
        if (spec := declaration(app.view_functions[rule.endpoint])) and spec.scope is None
    ]
    assert len(closed) > 10
    for method, rule in closed:
        path = example_path(rule)
        assert caller.call(method, path).status_code == 403, (method, path)


def test_a_token_can_no_more_than_its_user(program, make_user):
    caller = program(make_user("mila"), *SCOPES)
    for method, path in (("GET", "/users"), ("GET", "/status"), ("POST", "/broadcasts")):
        response = caller.call(method, path)
        assert response.status_code == 403
        assert "yours is member" in response.json["detail"]


class Kind(BaseModel):
    kind: str


class Echo(BaseModel):
    text: str


def call(app, view, **request):
    """What a view answers to a POST; errors reach the test."""
    with app.test_request_context("/api/v1/x", method="POST", **request):
        return view()


@pytest.mark.parametrize(
    ("result", "status", "text"),
    [
        (None, 204, ""),
        (Echo(text="a"), 201, '{"text":"a"}'),
        ((Echo(text="a"), 200), 200, '{"text":"a"}'),
        (Response("as it is", 418), 418, "as it is"),
    ],
)
def test_what_a_view_may_return(app, result, status, text):
    response = call(app, endpoint(Access.PUBLIC, response=Echo, status=201)(lambda: result))
    assert (response.status_code, response.get_data(as_text=True)) == (status, text)


class Renamed(BaseModel):
    in_python: str = Field(alias="in-json")


def test_a_model_is_read_and_answered_by_the_names_of_its_json(app):
    @endpoint(Access.PUBLIC, body=Renamed)
    def view(body):
        assert body.in_python == "x"
        return body

    assert call(app, view, json={"in-json": "x"}).json == {"in-json": "x"}


def test_a_query_is_read_from_the_address_or_by_a_reader(app):
    @endpoint(Access.PUBLIC, query=Echo)
    def view(query):
        return query

    @endpoint(Access.PUBLIC, query=Echo, query_reader=lambda: Echo(text="read"))
    def with_reader(query):
        return query

    assert call(app, view, query_string="text=given").json == {"text": "given"}
    assert call(app, with_reader, query_string="text=given").json == {"text": "read"}
    with pytest.raises(Invalid) as caught:
        call(app, view)
    assert [fault.field for fault in caught.value.faults] == ["text"]


@endpoint(Access.PUBLIC, upload=Kind, max_body=500)
def upload(form, file):
    return Echo(text=f"{form.kind} {file.read().decode()}")


def test_an_upload_is_handed_over_in_two_parts(app):
    response = call(app, upload, data={"kind": "photo", "file": (BytesIO(b"x"), "x.png")})
    assert response.json == {"text": "photo x"}


@pytest.mark.parametrize(
    ("request_of", "error"),
    [
        ({"json": {"kind": "photo"}}, UnsupportedMediaType),
        ({"data": {"kind": "photo", "file": (BytesIO(b"x" * 500), "x")}}, RequestEntityTooLarge),
    ],
)
def test_an_upload_that_is_refused(app, request_of, error):
    with pytest.raises(error):
        call(app, upload, **request_of)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"kind": "photo", "other": (BytesIO(b"x"), "x")}, "file"),
        ({"file": (BytesIO(), "x")}, "kind"),
    ],
)
def test_a_part_that_is_missing_is_named(app, data, field):
    with pytest.raises(Invalid) as caught:
        call(app, upload, data=data)
    assert [fault.field for fault in caught.value.faults] == [field]


def test_a_reader_makes_the_body_in_place_of_json(app):
    @endpoint(Access.PUBLIC, body=Echo, body_reader=lambda: Echo(text="read"))
    def view(body):
        return body

    assert call(app, view, data=b"anything").json == {"text": "read"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Encoding": "gzip"},
        {"Content-Encoding": "br, identity"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json; charset=latin-1"},
    ],
)
def test_a_body_in_another_coding_is_415(app, headers):
    headers = {"Content-Type": "application/json", **headers}
    body = b'{"email": "a@b.example", "password": "correct horse battery"}'
    answer = app.test_client().post("/api/v1/auth/login", data=body, headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b'{"email": "a@b.example", "password": "a", "email": "c@d.example"}',
        b'{"password": "a", "email": "a@b.example", "email": "a@b.example"}',
    ],
)
def test_a_name_that_is_there_twice_is_refused(app, body):
    headers = {"Content-Type": "application/json"}
    answer = app.test_client().post("/api/v1/auth/login", data=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json["faults"] == [{"field": "email", "message": "this is there twice"}]
