"""The application around the routers: headers, cookies, CORS, the log, the policy."""

import dataclasses
import logging
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from appliance import engines, web
from appliance.crud.accounts import users
from appliance.database import Database, db
from appliance.errors import ConfigError
from appliance.write_queue import FairLock


@pytest.fixture
def home(shared_home):
    return shared_home


@pytest.fixture
def make_app(shared_apps, settings, database):
    """`make_app(domain=…)` is the application with settings changed so."""
    apps = []

    def make(**change):
        app = shared_apps.get(dataclasses.replace(settings, **change))
        apps.append(app)
        return app

    yield make
    for app in apps:
        web.close_app(app)


@pytest.mark.parametrize(
    "path", ["/", "/people", "/api/v1/site", "/api/v1/x", "/healthz", "/api/docs"]
)
def test_every_answer_has_the_headers(make_app, path):
    headers = make_app().test_client().get(path, buffered=True).headers
    policy = headers["Content-Security-Policy"]
    for rule in (
        "default-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ):
        assert rule in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert "camera=()" in headers["Permissions-Policy"]


def test_answers_of_the_api_are_not_kept(make_app):
    assert make_app().test_client().get("/api/v1/site").headers["Cache-Control"] == "no-store"


def test_the_cookie_of_a_site_with_https(make_app):
    cookie = make_app(domain="choir.example").test_client().get("/api/v1/session")
    cookie = cookie.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert "Domain=" not in cookie


def test_no_origin_is_allowed_unless_listed(make_app):
    headers = {"Origin": "https://evil.example"}
    for origins in ((), ("https://app.example",)):
        client = make_app(cors_origins=origins).test_client()
        answer = client.get("/api/v1/site", headers=headers)
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_listed_origin_may_use_the_api(make_app):
    client = make_app(cors_origins=("https://app.example",)).test_client()
    headers = {"Origin": "https://app.example"}
    answer = client.get("/api/v1/site", headers=headers)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Origin" in answer.headers["Vary"]
    preflight = client.options("/api/v1/broadcasts", headers=headers)
    assert preflight.status_code == 200
    assert "X-CSRF-Token" in preflight.headers["Access-Control-Allow-Headers"]


def test_anybody_is_let_in_without_cookies(make_app):
    client = make_app(cors_origins=("*",)).test_client()
    answer = client.get("/api/v1/site", headers={"Origin": "https://any.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_the_log_has_no_secrets(make_app, caplog):
    client = make_app().test_client()
    body = {"email": "anna@example.org", "password": "hunter2hunter2"}
    with caplog.at_level(logging.INFO, "appliance.web"):
        client.get("/api/v1/site?code=secret-code", headers={"Authorization": "Bearer abc"})
        client.post("/api/v1/auth/login", json=body)
        client.get("/x%0Aforged")
    assert "GET /api/v1/site 401" in caplog.text
    assert "POST /api/v1/auth/login 401" in caplog.text
    assert "/x%0Aforged" in caplog.text
    for secret in ("secret-code", "abc", "hunter2", "anna"):
        assert secret not in caplog.text


def test_two_applications_live_side_by_side(make_app):
    first, second = make_app(), make_app(domain="choir.example")
    assert first.test_client().get("/api/v1/site").json["name"] == "Appliance"
    assert second.test_client().get("/api/v1/site").json["name"] == "choir.example"


def test_one_engine_serves_the_site_and_the_other_parts(make_app):
    app = make_app()
    parts = Database.of(app)
    with app.app_context():
        assert db.engine.pool is parts.engine.pool  # only the limit of its statements differs
        settings = [db.session.execute(text(f"PRAGMA {name}")).scalar() for name in PRAGMAS]
    assert settings == list(PRAGMAS.values())


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_write_of_the_site_waits_for_its_turn(make_app, wait_until):
    """Behind the other parts of the process, and before whoever asks after it."""
    app, seen = make_app(), {}
    database = Database.of(app)
    (turns,) = (
        option
        for option in database.engine.get_execution_options().values()
        if isinstance(option, FairLock)
    )

    def register():
        body = {"email": "ann@example.org", "password": "correct horse battery", "name": "Ann"}
        answer = app.test_client().post("/api/v1/auth/register", json=body)
        seen["status"] = answer.status_code

    def look():
        with database.writing() as session:
            seen["users"] = users.count(session)

    threads = [threading.Thread(target=register), threading.Thread(target=look)]
    with database.writing():
        for number, thread in enumerate(threads, 1):
            thread.start()
            queue = f"<FairLock taken, {number} waiting>"
            wait_until(lambda queue=queue: repr(turns) == queue)
        assert seen == {}
    for thread in threads:
        thread.join(20)
    assert seen == {"status": 201, "users": 1}


@pytest.fixture
def locked(settings):
    """Another process keeps SQLite's write lock, until `locked.rollback()`."""
    other = sqlite3.connect(settings.data / "database.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


REGISTRATION = {"email": "ann@example.org", "password": "correct horse battery", "name": "Ann"}


def test_a_locked_database_is_not_a_fault_of_the_program(make_app, locked, caplog, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 0)
    answer = make_app().test_client().post("/api/v1/auth/register", json=REGISTRATION)
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json["type"] == "urn:appliance:problem:try-later"
    assert "database is locked" in caplog.text and "Traceback" not in caplog.text
    locked.rollback()
    assert (
        make_app().test_client().post("/api/v1/auth/register", json=REGISTRATION).status_code == 201
    )


def test_while_writes_wait_for_a_lock_only_one_thread_does(make_app, locked, wait_until):
    app, statuses = make_app(), []

    def register(number):
        body = {**REGISTRATION, "email": f"{number}@example.org"}
        statuses.append(app.test_client().post("/api/v1/auth/register", json=body).status_code)

    threads = [threading.Thread(target=register, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(statuses) == 3)
    assert statuses == [503] * 3
    locked.rollback()
    for thread in threads:
        thread.join(20)
    assert statuses == [503] * 3 + [201]


@pytest.mark.slow
def test_the_site_on_postgresql(make_app, postgresql_database):
    url = postgresql_database.engine.url.render_as_string(hide_password=False)
    app = make_app(database_url=url)
    body = {"email": "ann@example.org", "password": "correct horse battery", "name": "Ann"}
    statuses = [
        app.test_client().post("/api/v1/auth/register", json=body).status_code for _ in range(2)
    ]
    assert statuses == [201, 409]
    with pytest.raises(IntegrityError) as caught, Database.of(app).writing() as session:
        session.execute(text("INSERT INTO settings (name) VALUES ('secret')"))
    assert "null value" in str(caught.value) and "secret" not in str(caught.value.orig)


@pytest.mark.slow
def test_flask_s_own_command_lists_every_route(make_app, settings):
    listed = subprocess.run(
        [Path(sys.executable).with_name("flask"), "--app", "appliance.web", "routes"],
        cwd=settings.home,
        env={"PATH": os.defpath, "APPLIANCE_HOME": str(settings.home)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rules = [rule.rule for rule in make_app().url_map.iter_rules()]
    lines = [line.rstrip() for line in listed.splitlines()[2:]]
    assert len(lines) == len(rules) > 50
    assert all(any(line.endswith(f" {rule}") for line in lines) for rule in rules)


def test_a_database_nobody_knows_is_refused(settings):
    with pytest.raises(ConfigError):
        web.create_app(dataclasses.replace(settings, database_url="mysql://x/y"))


def test_closing_twice_is_fine(make_app):
    app = make_app()
    app.test_client().get("/api/v1/site")
    web.close_app(app)
    web.close_app(app)
