"""Registering, logging in and out, through the real application."""

import dataclasses
import threading

import pytest

from appliance.routers.api import context
from appliance.services.accounts import users
from appliance.services.accounts.rate_limit import Limiter

PASSWORD = "correct horse battery"
NEW = {"email": "Anna@Example.org ", "password": PASSWORD, "name": " Анна  Каренина"}


def test_a_stranger_gets_a_token_and_no_user(browser):
    session = browser.get("/session").json
    assert session["user"] is None
    assert not session["ended"]
    assert len(session["csrf_token"]) >= 24
    assert browser.get("/session").json == session


def test_register_logs_in_and_cleans_the_input(browser):
    response = browser.post("/auth/register", NEW)
    assert response.status_code == 201
    user = response.json["user"]
    assert (user["email"], user["name"], user["role"]) == (
        "anna@example.org",
        "Анна Каренина",
        "member",
    )
    assert user["language"] == "en" and user["chat"] is None
    assert user["created_at"].endswith("Z")
    assert browser.get("/users/me").json == user
    assert "password" not in response.text


def test_a_taken_address_is_a_conflict(browser):
    browser.post("/auth/register", NEW)
    browser.token = None
    response = browser.post("/auth/register", {**NEW, "email": "ANNA@example.org"})
    assert response.status_code == 409
    assert response.json["type"] == "urn:appliance:problem:email-taken"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "too short"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b c"}, "email"),
        ({"email": "a" * 250 + "@example.org"}, "email"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": 7}, "name"),
        ({"language": "de"}, "language"),
        ({"role": "admin"}, "role"),
    ],
)
def test_bad_registrations_name_the_field(browser, change, field):
    response = browser.post("/auth/register", {**NEW, **change})
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert field in [fault["field"] for fault in response.json["faults"]]
    assert browser.get("/session").json["user"] is None


def test_two_at_once_with_one_address(app):
    barrier, statuses = threading.Barrier(2), []

    def register() -> None:
        client = app.test_client()
        barrier.wait()
        statuses.append(client.post("/api/v1/auth/register", json=NEW).status_code)

    threads = [threading.Thread(target=register) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409]


def test_log_in_and_out(browser, make_user):
    make_user("anna")
    before = browser.get("/session").json["csrf_token"]
    response = browser.log_in(" ANNA@example.org")
    assert response.status_code == 200
    assert response.json["user"]["email"] == "anna@example.org"
    assert response.json["csrf_token"] != before
    assert browser.post("/auth/logout").status_code == 204
    assert browser.get("/users/me").status_code == 401
    session = browser.get("/session").json
    assert (session["user"], session["ended"]) == (None, False)


def test_a_login_ends_with_a_password_that_is_changed_at_once(
    browser, make_user, database, password_hash, once_committed
):
    """It was made with the former one."""
    user_id = make_user("anna")

    def change_password():
        with database.writing() as session:
            users.set_password(session, user_id, password_hash)

    token = browser.token
    once_committed(change_password)
    answer = browser.post(
        "/auth/login",
        {"email": "anna@example.org", "password": PASSWORD},
        headers={"X-CSRF-Token": token},
    )
    assert answer.status_code == 200
    assert browser.get("/session").json["user"] is None


def test_nothing_of_the_session_before_survives_a_login(browser, make_user):
    make_user("anna")
    with browser.client.session_transaction() as session:
        session["planted"] = "by somebody else"
    browser.log_in("anna@example.org")
    with browser.client.session_transaction() as session:
        assert "planted" not in session


@pytest.mark.parametrize("email", ["anna@example.org", "nobody@example.org", "no address"])
def test_a_wrong_password_and_an_unknown_address_look_the_same(browser, make_user, email):
    make_user("anna")
    response = browser.log_in(email, "not her password")
    assert response.status_code == 401
    assert response.json["detail"] == "the email address or the password is wrong"


def test_a_disabled_account_does_not_log_in_and_its_session_ends(browser, make_user, admin):
    user_id = make_user("anna")
    browser.log_in("anna@example.org")
    assert admin.patch(f"/users/{user_id}", {"disabled": True}).status_code == 200
    assert browser.get("/users/me").status_code == 401
    browser.token = None
    assert browser.log_in("anna@example.org", "not her password").status_code == 401
    refused = browser.log_in("anna@example.org")
    assert refused.status_code == 403
    assert refused.json["detail"] == "this account is disabled: ask an admin"
    admin.patch(f"/users/{user_id}", {"disabled": False})
    assert browser.get("/users/me").status_code == 401, "the old session stays dead"
    assert browser.log_in("anna@example.org").status_code == 200


def test_guessing_is_slowed_down_for_an_account(browser, make_user):
    make_user("anna")
    answers = [browser.log_in("anna@example.org", "a guess") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 30
    assert browser.log_in("anna@example.org").status_code == 429


@pytest.mark.slow
def test_guessing_is_slowed_down_for_an_address_of_the_net(app, browser):
    with app.app_context():
        stopped = Limiter(clock=lambda: 100.0)  # or a slow machine would be forgiven some tries
        context.init_app(app, dataclasses.replace(context.context(), limiter=stopped))
    codes = [
        browser.client.post(
            "/api/v1/auth/login",
            json={"email": f"{n}@example.org", "password": "x"},
            environ_base={"REMOTE_ADDR": f"2001:db8::{n:x}"},
            headers={"X-CSRF-Token": browser.get("/session").json["csrf_token"]},
        ).status_code
        for n in range(32)
    ]
    assert codes[-1] == 429, "one IPv6 customer is one address"


def test_a_success_forgives_the_tries(browser, make_user):
    make_user("anna")
    for _ in range(9):
        browser.log_in("anna@example.org", "a guess")
    assert browser.log_in("anna@example.org").status_code == 200
    assert browser.log_in("anna@example.org", "a guess").status_code == 401
