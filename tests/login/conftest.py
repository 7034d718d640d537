"""A little OpenID Connect issuer over HTTP, a site that is its client, people with a browser."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from flask import Flask
from flask.testing import FlaskClient
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from werkzeug.test import TestResponse

from appliance import web
from appliance.crud import settings as settings_crud
from appliance.services.accounts import users
from support.network import QuietHandler, serving
from support.people import add_user

CLIENT_ID, CLIENT_SECRET = "4242", "only-the-issuer-knows"
TOKEN = "4242:" + "real-looking-token-of-the-tests"
SITE = "https://club.example.org"
ANNA = 1001
PASSWORD = "correct horse battery"


class Key:
    """A private key, and its public half as the issuer publishes it."""

    def __init__(self, private: Any, algorithm: str, key_id: str) -> None:
        self.private, self.algorithm, self.key_id = private, algorithm, key_id

    @classmethod
    def new(cls, algorithm: str, key_id: str) -> "Key":
        make: dict[str, Callable[[], Any]] = {
            "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "ES256K": lambda: ec.generate_private_key(ec.SECP256K1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }
        return cls(make[algorithm](), algorithm, key_id)

    def public(self) -> dict[str, Any]:
        kinds: dict[str, Any] = {"RS256": RSAAlgorithm, "EdDSA": OKPAlgorithm}
        words = kinds.get(self.algorithm, ECAlgorithm).to_jwk(self.private.public_key())
        named = {"kid": self.key_id, "use": "sig", "alg": self.algorithm}
        return {**json.loads(words), **named}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        headers = {"kid": self.key_id, **header}
        return jwt.encode(claims, self.private, self.algorithm, headers=headers)


class Issuer:
    """What oauth.telegram.org does, with every step open to a test.

    `claims` overrides what a token says (None leaves it out), `sign` replaces how it is signed,
    `answers` replaces whole answers by path as (status, body), `scope` is what is granted.
    """

    def __init__(self, key: Key) -> None:
        self.keys = [key]
        self.claims: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = lambda claims: self.keys[0].sign(claims)
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.scope: str | None = "openid profile telegram:bot_access"
        self.person: dict[str, Any] = {"id": ANNA, "given_name": "Anna", "family_name": "Smirnova"}
        self.calls: list[str] = []
        self.forms: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self.url = ""

    def agree(self, url: str) -> tuple[str, str]:
        """The person agrees at the address the browser was sent to: a code, and the state."""
        asked = {name: words[0] for name, words in parse_qs(urlsplit(url).query).items()}
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return code, asked["state"]

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": "1234567890123456789",  # not Telegram's id of the person
            "iat": now,
            "exp": now + 30,
            "nonce": asked["nonce"],
            "preferred_username": "anna",
            **self.person,
            **self.claims,
        }
        return self.sign({name: value for name, value in claims.items() if value is not None})

    def _redeem(self, form: dict[str, str], basic: str) -> tuple[int, dict[str, Any]]:
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if basic != f"Basic {known}":
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or form["grant_type"] != "authorization_code"
            or form["redirect_uri"] != asked["redirect_uri"]
            or asked["code_challenge_method"] != "S256"
            or challenge != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        answer = {"access_token": "a", "token_type": "Bearer", "id_token": self.token(asked)}
        return 200, answer | ({"scope": self.scope} if self.scope is not None else {})

    def documents(self) -> dict[str, dict[str, Any]]:
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/auth",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/.well-known/jwks.json",
            },
            "/.well-known/jwks.json": {"keys": [key.public() for key in self.keys]},
        }

    def handler(self) -> type[QuietHandler]:
        issuer = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:
                issuer.calls.append(self.path)
                document = issuer.documents().get(self.path)
                self._answer(200 if document else 404, document or {})

            def do_POST(self) -> None:
                issuer.calls.append(self.path)
                body = self.read_body().decode()
                form = {name: words[0] for name, words in parse_qs(body).items()}
                issuer.forms.append(form)
                self._answer(*issuer._redeem(form, self.headers.get("Authorization", "")))

            def _answer(self, status: int, document: dict[str, Any]) -> None:
                status, body = issuer.answers.get(
                    self.path, (status, json.dumps(document).encode())
                )
                headers = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
                self.answer(status, body, Content_Type="application/json", **headers)

        return Handler


class Browser:
    """A test client of the site, at its https address, with the session's token on writes."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", base_url=SITE)

    def post(self, path: str, body: Any) -> TestResponse:
        token = self.get("/session").json["csrf_token"]
        headers = {"X-CSRF-Token": token}
        return self.client.post(f"/api/v1{path}", json=body, headers=headers, base_url=SITE)

    def log_in(self, email: str) -> None:
        answer = self.post("/auth/login", {"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text

    def who(self) -> str | None:
        user = self.get("/session").json["user"]
        return user["email"] if user else None


@pytest.fixture(scope="session")
def rsa_key():
    return Key.new("RS256", "rsa-1")


@pytest.fixture(scope="session")
def make_key():
    return Key.new


@pytest.fixture
def issuer(rsa_key):
    issuer = Issuer(rsa_key)
    with serving(issuer.handler()) as issuer.url:
        yield issuer


@pytest.fixture
def site_settings(settings, issuer):
    return replace(
        settings,
        bot_mode="polling",
        bot_token=TOKEN,
        domain="club.example.org",
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_issuer=issuer.url,
    )


@pytest.fixture
def home(shared_home):
    return shared_home


@pytest.fixture
def site(shared_apps, site_settings, database):
    with database.writing() as session:
        settings_crud.put_setting(session, settings_crud.BOT, {"id": 4242, "username": "club_bot"})
    app = shared_apps.get(site_settings)
    yield app
    web.close_app(app)


@pytest.fixture
def browser(site):
    """Nobody is logged in."""
    return Browser(site)


@pytest.fixture
def make_browser(site):
    return lambda: Browser(site)


@pytest.fixture(scope="session")
def password_hash():
    return users.hash_password(PASSWORD)


@pytest.fixture
def make_user(database, password_hash):
    """`make_user("anna", chat=1001)` makes anna@example.org, tied to that chat."""

    def make(name: str, chat: int | None = None, disabled: bool = False) -> int:
        with database.writing() as session:
            columns = {"password_hash": password_hash, "disabled": disabled}
            return add_user(session, name.title(), chat_id=chat, **columns).id

    return make
