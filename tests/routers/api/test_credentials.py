"""Which credentials count, and what a write takes."""

import base64
import logging

import pytest
from flask import session
from flask_login import current_user

from appliance.crud.accounts import tokens, users
from appliance.errors import Unauthorized
from appliance.models import User, utcnow
from appliance.routers.api import credentials
from appliance.services.accounts import users as account_users
from support.stored import find_row


def test_a_write_without_the_token_is_refused(member):
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": "ä"}):
        response = member.client.patch("/api/v1/users/me", json={"name": "X"}, headers=headers)
        assert response.status_code == 403
        assert "X-CSRF-Token" in response.json["detail"]
    assert member.get("/users/me").json["name"] == "Mila"


def test_every_write_of_the_api_takes_the_token(app, admin, example_path):
    writes = [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"GET", "HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    ]
    assert len(writes) > 10
    for method, rule in writes:
        path = example_path(rule)
        assert admin.client.open(path, method=method).status_code == 403, (method, path)


def test_the_token_of_another_session_is_refused(app, member, operator):
    member.token = operator.token
    assert member.patch("/users/me", {"name": "X"}).status_code == 403


def test_an_authorization_header_is_all_that_counts(member):
    for value in ("Bearer nothing", "Basic YTpi", ""):
        response = member.get("/users/me", headers={"Authorization": value})
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_forged_cookie_is_nobody(browser, make_user):
    make_user("anna")
    browser.client.set_cookie("session", "eyJfdXNlcl9pZCI6IjEuMCJ9.forged.signature")
    assert browser.get("/users/me").status_code == 401


def test_a_session_of_a_user_who_is_gone_is_nobody(browser):
    for visitor in ("77.0", "x.0", "", "99999999999999999999.0"):
        with browser.client.session_transaction() as session:
            session["_user_id"] = visitor
        assert browser.get("/users/me").status_code == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser):
    cookie = browser.get("/session").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie


def test_nobody_is_no_caller(app):
    with app.test_request_context("/"), pytest.raises(Unauthorized):
        credentials.caller()


@pytest.fixture
def anna(database, make_user):
    return find_row(database, User, make_user("anna"))


def test_records_name_who_calls(app, program, anna):
    caller = program(anna.id, "read")
    headers = {"Authorization": f"Bearer {caller.token}"}
    with app.test_request_context("/api/v1/site", headers=headers):
        assert app.preprocess_request() is None
        assert credentials.actor() == f"token:{credentials.program().token_id}"
    with app.test_request_context("/api/v1/site"):
        credentials.begin(anna)
        assert credentials.actor() == f"user:{anna.id}"


def test_a_log_in_leaves_nothing_of_before_and_lasts(app, anna):
    """The cookie outlives the browser; what another person left in the session does not."""
    with app.test_request_context("/"):
        session["left"] = "by another person"
        before = credentials.csrf_token()
        credentials.begin(anna)
        assert "left" not in session and credentials.csrf_token() != before
        assert session.permanent


def test_who_stays_keeps_the_session_and_its_token(app, anna):
    with app.test_request_context("/"):
        credentials.begin(anna)
        token, anna.session_version = credentials.csrf_token(), anna.session_version + 1
        credentials.stay(anna)
        assert credentials.csrf_token() == token
        assert session["_user_id"] == anna.get_id()


def test_a_write_without_a_cookie_takes_no_token(app):
    """Nobody is logged in, so another site gains nothing."""
    assert app.test_client().post("/api/v1/auth/login", json={}).status_code == 422


def test_a_log_out_forgets_the_token_for_writes(member):
    before = member.token
    assert member.post("/auth/logout").status_code == 204
    assert member.get("/session").json["csrf_token"] != before
    write = member.client.patch("/api/v1/users/me", json={}, headers={"X-CSRF-Token": before})
    assert write.status_code == 403


def test_a_disabled_account_is_logged_in_nowhere(member, database):
    """Also where its sessions were not ended."""
    with database.writing() as session:
        users.get_by_email(session, "mila@example.org").disabled = True
    assert member.get("/users/me").status_code == 401
    answer = member.get("/session").json
    assert (answer["user"], answer["ended"]) == (None, True)


@pytest.mark.parametrize("header", [True, False])
def test_current_user_is_who_calls(app, program, make_user, header):
    """With a token or a session, as Flask-Login's documents say; without, its anonymous user."""
    caller = program(make_user("anna"), "read")
    headers = {"Authorization": f"Bearer {caller.token}"} if header else {}
    with app.test_request_context("/api/v1/site", headers=headers):
        assert app.preprocess_request() is None
        assert current_user.is_authenticated is header
        assert current_user.is_anonymous is not header
        if header:
            assert (current_user.email, current_user.get_id()) == ("anna@example.org", "1.0")


def test_another_program_s_cookie_does_not_hide_a_token(browser, program, make_user):
    """Flask-Login asks for no token where a cookie to remember somebody by is sent."""
    caller = program(make_user("anna"), "read")
    headers = {"Authorization": f"Bearer {caller.token}"}
    browser.client.set_cookie("remember_token", "1|of another program")
    assert browser.get("/users/me", headers=headers).status_code == 200


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_a_token_is_a_bearer_or_a_password(program, make_user):
    caller = program(make_user("anna"), "read")
    for value in (
        f"Bearer {caller.token}",
        f"bearer {caller.token}",
        basic("", caller.token),
        basic("anybody", caller.token),
    ):
        response = caller.get("/users/me", headers={"Authorization": value})
        assert (response.status_code, response.json["email"]) == (200, "anna@example.org")
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "Bearer",
            "Bearer ",
            "Basic",
            "Basic ä",
            "Token {token}",
            "{token}",
            "Bearer x{token}",
        ),
        *("Bearer {token}x", "Bearer {short}", 'Digest username="{token}"', "Bearer " + "x" * 5000),
    ],
)
def test_anything_else_is_nobody_also_in_a_session(program, member, value):
    """Flask-Login would look at the cookie; it is not asked."""
    token = program(1, "read").token
    headers = {"Authorization": value.format(token=token, short=token[:-1])}
    for path in ("/users/me", "/session", "/site"):
        response = member.get(path, headers=headers)
        assert response.status_code == 401, (path, response.text)
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert "mila" not in response.text.lower()
    write = member.client.patch(
        "/api/v1/users/me", json={"name": "X"}, headers={"X-CSRF-Token": member.token, **headers}
    )
    assert write.status_code == 401
    assert member.get("/users/me").json["name"] == "Mila"


def test_a_token_as_the_name_is_nobody(program, make_user):
    """nginx writes the name into its log."""
    caller = program(make_user("anna"), "read")
    headers = {"Authorization": basic(caller.token, "")}
    assert caller.get("/users/me", headers=headers).status_code == 401


def test_a_token_counts_and_the_cookie_does_not(program, make_user, member):
    caller = program(make_user("anna", "admin"), "read")
    headers = {"Authorization": f"Bearer {caller.token}"}
    assert member.get("/users/me", headers=headers).json["email"] == "anna@example.org"
    assert member.get("/session", headers=headers).json["user"]["name"] == "Anna"
    assert member.get("/users/me").json["email"] == "mila@example.org"


def test_a_token_needs_no_csrf_token_and_gets_no_session(program, make_user):
    caller = program(make_user("anna"), "notify")
    assert caller.post("/notify", data=b"x").status_code == 409  # not linked: it came that far
    response = caller.get("/session")
    assert response.json["csrf_token"] == ""
    assert "Set-Cookie" not in response.headers


def test_a_disabled_user_and_an_expired_token(program, make_user, database):
    caller = program(make_user("anna"), "read")
    with database.writing() as session:
        account_users.update_access(session, 1, None, disabled=True)
    assert caller.get("/users/me").json["detail"] == "this account is disabled: ask an admin"
    with database.writing() as session:
        account_users.update_access(session, 1, None, disabled=False)
        tokens.get(session, 1).expires_at = utcnow()
    assert caller.get("/users/me").json["detail"] == "this token has expired: make another one"
    assert caller.get("/users/me").json["type"] == "urn:appliance:problem:token-refused"


def test_refusals_are_logged_without_the_token_and_then_slowed_down(program, make_user, caplog):
    caller = program(make_user("anna"), "read")
    wrong = {"Authorization": f"Bearer {caller.token[::-1]}"}
    with caplog.at_level(logging.DEBUG):
        statuses = [caller.get("/users/me", headers=wrong).status_code for _ in range(40)]
    assert statuses == [401] * 30 + [429] * 10
    assert 0 < int(caller.get("/users/me", headers=wrong).headers["Retry-After"]) <= 3
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told == ["Authorization from 127.0.0.1 refused: unknown"] * 30
    assert caller.token not in caplog.text and caller.token[::-1] not in caplog.text
    assert caller.get("/users/me").status_code == 200  # whoever has one is not kept waiting


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/api/v1/nothing", 404)])
def test_what_no_token_is_for_looks_at_none(app, path, status):
    """A page, a probe; and an address that leads nowhere, for a refusal would hide the mistake."""
    headers = {"Authorization": "Bearer nothing"}
    assert app.test_client().get(path, headers=headers).status_code == status


def test_a_session_was_ended_where_its_cookie_names_somebody_who_is_not_let_in(browser, member):
    assert not browser.get("/session").json["ended"]
    assert not member.get("/session").json["ended"]
    browser.client.set_cookie("session", "eyJfdXNlcl9pZCI6IjEuMCJ9.forged.signature")
    assert not browser.get("/session").json["ended"], "a forged one names nobody"
    with browser.client.session_transaction() as session:
        session["_user_id"] = "77.0"
    assert browser.get("/session").json["ended"]


def test_a_preflight_takes_no_token(app):
    headers = {"Authorization": "Bearer nothing"}
    assert app.test_client().options("/api/v1/users/me", headers=headers).status_code == 200
