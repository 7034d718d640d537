"""Log in with Telegram: OpenID Connect, authorization code with PKCE (core.telegram.org/bots/
telegram-login).

`begin` gives the address to send the browser to; `finish` exchanges the code it comes back with for
the person. The issuer's endpoints are read from its discovery document, and cached.
"""

import hashlib
import logging
import math
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from appliance.config import Settings
from appliance.errors import Unavailable, localized
from appliance.gates import Gate
from appliance.services.telegram_auth import oidc_http
from appliance.services.telegram_auth.oidc_tokens import Verifier
from appliance.services.telegram_auth.proofs import Person, person_of

log = logging.getLogger(__name__)

CALLBACK = "/api/v1/auth/telegram/callback"
BOT_ACCESS = "telegram:bot_access"
SCOPE = f"openid profile {BOT_ACCESS}"
ENDPOINTS_TTL_SECONDS = 24 * 3600.0  # its keys, which do change, are kept for an hour only
RETRY_SECONDS = 10.0  # after a failure: visitors who wait for a dead issuer hold up the others
LATE_SECONDS = 0.5  # an issuer that has not answered by then is asked by nobody else meanwhile

_LATER = localized("Telegram cannot be asked just now: try again a little later")
_BYTES = 24  # 32 characters; Telegram takes no long `state`


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the browser's session keeps until it comes back. The issuer gets hashes of it only."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    authorization: str
    token: str
    keys: str


class Client:
    """This site as a client of the issuer; safe to share between threads."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        site_url: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = f"{site_url}{CALLBACK}"
        self._clock = clock
        self._gate = Gate(LATE_SECONDS, _LATER)
        # What was found, or None after a failure; and when to ask again.
        self._discovered: tuple[tuple[Endpoints, Verifier] | None, float] = None, -math.inf

    def begin(self) -> tuple[str, Attempt]:
        """Where to send the browser, and what to keep. Raises Unavailable, TryLater."""
        endpoints, _ = self._discover()
        state, nonce = secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES)
        attempt = Attempt(state, nonce, new_verifier())
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge_of(attempt.verifier),
            "code_challenge_method": "S256",
        }
        # RFC 6749, 3.1: the issuer's address may have a query of its own, which has to stay.
        mark = "&" if "?" in endpoints.authorization else "?"
        return f"{endpoints.authorization}{mark}{urlencode(query)}", attempt

    def finish(self, code: str, attempt: Attempt) -> Person:
        """The person who came back. Raises Unauthorized where the issuer does not confirm this
        attempt, Unavailable or TryLater where it cannot be asked.
        """
        endpoints, verifier = self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._client_id,
            "code_verifier": attempt.verifier,
        }
        with self._gate:
            auth = (self._client_id, self._client_secret)
            answer = oidc_http.post_form(endpoints.token, form, auth)
            person = person_of(verifier.verify(answer.get("id_token"), attempt.nonce))
        # What was granted, which may be less than was asked for (RFC 6749, 5.1).
        granted = str(answer.get("scope", "")).split()
        return replace(person, may_write=BOT_ACCESS in granted)

    def _discover(self) -> tuple[Endpoints, Verifier]:
        """The issuer's endpoints, fetched once a day. Raises Unavailable, TryLater."""
        if self._is_due():
            with self._gate:
                if self._is_due():  # nobody has asked while this thread waited
                    self._ask()
        found, _ = self._discovered
        if found is None:
            raise Unavailable(_LATER)
        return found

    def _is_due(self) -> bool:
        return self._clock() >= self._discovered[1]

    def _ask(self) -> None:
        now = self._clock()
        found = None
        try:
            document = oidc_http.get(f"{self._issuer}/.well-known/openid-configuration")
            endpoints = self._read(document)
            verifier = Verifier(self._issuer, self._client_id, endpoints.keys, self._clock)
            found = endpoints, verifier
        finally:
            # The others are refused for a while after a failure, and not kept.
            later = ENDPOINTS_TTL_SECONDS if found else RETRY_SECONDS
            self._discovered = found, now + later

    def _read(self, document: Mapping[str, Any]) -> Endpoints:
        """Raises Unavailable for a document of another issuer, or with unencrypted addresses."""
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        urls = [document.get(name) for name in names]
        # The issuer's own scheme, not "https": the issuer of tests and of a trial listens on http.
        scheme = self._issuer.partition("://")[0]
        fit = all(isinstance(url, str) and url.startswith(f"{scheme}://") for url in urls)
        if document.get("issuer") != self._issuer or not fit:
            log.error("the discovery document of %s is not its own, or incomplete", self._issuer)
            raise Unavailable(_LATER)
        return Endpoints(*map(str, urls))


def make_client(settings: Settings) -> Client | None:
    """The client of these settings; None when none is configured."""
    if settings.oidc_client_id is None or settings.oidc_client_secret is None:
        return None
    return Client(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        settings.site_url,
    )


def new_verifier() -> str:
    """RFC 7636 takes 43 to 128 characters."""
    return secrets.token_urlsafe(48)


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
