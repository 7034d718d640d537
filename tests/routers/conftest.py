"""The real application on the real database, and people with a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from appliance import web
from appliance.crud.accounts import users as users_crud
from appliance.database import db
from appliance.models import User, utcnow
from appliance.services.accounts import tokens, users
from support.people import add_user

PASSWORD = "correct horse battery"


class Browser:
    """A test client that keeps its cookies and sends the session's token with every write."""

    def __init__(self, app: Flask, user: User | None = None) -> None:
        self.client: FlaskClient = app.test_client(**({"user": user} if user else {}))
        self._token: str | None = None

    @property
    def token(self) -> str:
        """The session's, which goes with every write; asked for where it is not known."""
        if self._token is None:
            self._token = self.get("/session").json["csrf_token"]
        return self._token

    @token.setter
    def token(self, token: str | None) -> None:
        self._token = token

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(_full(path), buffered=True, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.write("POST", path, body, **options)

    def patch(self, path: str, body: Any) -> TestResponse:
        return self.write("PATCH", path, body)

    def delete(self, path: str) -> TestResponse:
        return self.write("DELETE", path)

    def write(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> TestResponse:
        headers = {"X-CSRF-Token": self.token, **(headers or {})}
        if body is None:
            return self.client.open(_full(path), method=method, headers=headers)
        return self.client.open(_full(path), method=method, headers=headers, json=body)

    def log_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        response = self.post("/auth/login", {"email": email, "password": password})
        if response.status_code == 200:
            self.token = response.json["csrf_token"]
        return response


def _full(path: str) -> str:
    return path if path.startswith(("/api/", "//")) else f"/api/v1{path}"


@pytest.fixture
def once_committed():
    """Let something happen right after the next commit of a request, before its answer."""
    waiting: list[Callable[[], object]] = []

    def happen(_: object) -> None:
        if waiting:
            waiting.pop()()

    event.listen(db.session, "after_commit", happen)
    yield waiting.append
    event.remove(db.session, "after_commit", happen)
    assert not waiting, "nothing was committed"


@pytest.fixture
def home(shared_home):
    return shared_home


@pytest.fixture
def app(shared_apps, settings, database):
    app = shared_apps.get(settings)
    yield app
    web.close_app(app)


@pytest.fixture
def browser(app):
    """Nobody is logged in."""
    return Browser(app)


@pytest.fixture(scope="session")
def password_hash():
    return users.hash_password(PASSWORD)


@pytest.fixture
def make_user(database, password_hash):
    """`make_user("anna", role="admin")` makes anna@example.org and returns her id."""

    def make(name: str, role: str = "member", language: str = "en") -> int:
        with database.writing() as session:
            columns = {"password_hash": password_hash, "language": language}
            return add_user(session, name.title(), role, **columns).id

    return make


@pytest.fixture
def as_user(app, database, make_user):
    """`as_user("olga", "operator")` is a browser in which a new user is logged in.

    By a session that is put there: logging in with a password takes 24 ms.
    """

    def start(name: str, role: str = "member") -> Browser:
        number = make_user(name, role)
        with database.reading() as session:
            return Browser(app, users_crud.get(session, number))

    return start


@pytest.fixture
def member(as_user):
    return as_user("mila")


@pytest.fixture
def operator(as_user):
    return as_user("oleg", "operator")


@pytest.fixture
def admin(as_user):
    return as_user("ada", "admin")


class Program:
    """A program with a token, without cookies."""

    def __init__(self, app: Flask, token: str) -> None:
        self.client: FlaskClient = app.test_client(use_cookies=False)
        self.token = token

    def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return self.client.open(
            _full(path), method=method, headers=headers, buffered=True, **options
        )

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.call("POST", path, **options)


@pytest.fixture(scope="session")
def example_path():
    """`example_path(rule)` is an address that the rule takes."""
    return _example_path


def _example_path(rule: Rule) -> str:
    values = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        values[name] = min(converter.items) if isinstance(converter, AnyConverter) else 1
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1]


@pytest.fixture
def program(app, database):
    """`program(user_id, "notify", "read")` is a program with a new token of these scopes."""

    def start(user_id: int, *scopes: str) -> Program:
        with database.writing() as session:
            new = tokens.create(session, user_id, "test", scopes, None, utcnow())
        return Program(app, new.token)

    return start
