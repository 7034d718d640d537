"""Logging in by a proof of who somebody is in Telegram; the rules are `telegram_auth.login`.

Proofs come in bodies and go to fragments: what stands in a query string stands in logs, too. The
one exception is the code of OpenID Connect's redirect, which is worth nothing without what the
visitor's session keeps.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, session
from flask.typing import ResponseReturnValue

from appliance.database import writing
from appliance.errors import (
    AlreadyLinked,
    ApplianceError,
    Expired,
    Forbidden,
    NotFound,
    TryLater,
    Unauthorized,
    Unavailable,
    localized,
)
from appliance.models import utcnow
from appliance.routers.api import client_address, context, credentials
from appliance.routers.api.endpoints import Access, endpoint
from appliance.routers.auth import session_answer
from appliance.schemas import (
    MiniAppLogin,
    TelegramCallback,
    TelegramEntry,
    TelegramStart,
    WidgetLogin,
)
from appliance.services.accounts.rate_limit import Rate
from appliance.services.telegram_auth import login, oidc, proofs
from appliance.services.telegram_auth.login import Arrival
from appliance.services.telegram_auth.proofs import Proof

blueprint = Blueprint("telegram_login", __name__)

LIFETIME = timedelta(minutes=10)
"""How long somebody may stay at the issuer."""

# So many, for an address may be a whole office's, and a proof cannot be guessed.
_LOGINS = Rate(burst=30, seconds=3)
_KEPT = "telegram_login"
# A path of this site. Browsers read `//host` as another one, `/\host` as that, and skip tabs.
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_ERRORS = (401, 403, 409, 410, 429, 503)
# Words and not messages: they travel in an address, where anybody could put a text of their own.
_REASONS: tuple[tuple[type[ApplianceError], str], ...] = (
    (Expired, "expired"),
    (AlreadyLinked, "taken"),
    (Forbidden, "disabled"),
    (Unauthorized, "failed"),
    (Unavailable, "failed"),
    (TryLater, "failed"),
)


@blueprint.post("/auth/telegram/widget")
@endpoint(Access.PUBLIC, body=WidgetLogin, response=TelegramEntry, errors=_ERRORS)
def log_in_by_widget(body: WidgetLogin) -> TelegramEntry:
    """Log in with what the Login Widget gave.

    A person without an account gets a code for `/link`, which asks before it links.
    A proof works once, for 15 minutes after Telegram made it.
    """
    token = context.settings().bot_token
    return _log_in(lambda now: proofs.check_widget(body.model_dump(), token, now))


@blueprint.post("/auth/telegram/miniapp")
@endpoint(Access.PUBLIC, body=MiniAppLogin, response=TelegramEntry, errors=_ERRORS)
def log_in_by_mini_app(body: MiniAppLogin) -> TelegramEntry:
    """The same with the `initData` of a Mini App."""
    token = context.settings().bot_token
    return _log_in(lambda now: proofs.check_init_data(body.init_data, token, now))


@blueprint.get("/auth/telegram/start")
@endpoint(
    Access.PUBLIC,
    query=TelegramStart,
    status=302,
    response_media_type="text/html",
    errors=(404, 429),
)
def start_telegram_login(query: TelegramStart) -> ResponseReturnValue:
    """Go to Telegram to log in (OpenID Connect), and come back to the page `next` of this site."""
    client = _client()
    try:
        url, attempt = client.begin()
    except (Unavailable, TryLater):
        # To a page and not a problem document: a browser has come here by a link, and a person
        # reads it.
        return _leave("/login#telegram=failed")
    session[_KEPT] = {
        "state": attempt.state,
        "nonce": attempt.nonce,
        "verifier": attempt.verifier,
        # A page of this site only: else a link to the login would lead on to anywhere.
        "next": query.next if _LOCAL.fullmatch(query.next) else "/",
        "until": int((utcnow() + LIFETIME).timestamp()),
    }
    return _leave(url)


@blueprint.get("/auth/telegram/callback")
@endpoint(
    Access.PUBLIC,
    query=TelegramCallback,
    status=302,
    response_media_type="text/html",
    errors=(404, 429),
)
def finish_telegram_login(query: TelegramCallback) -> ResponseReturnValue:
    """Where Telegram sends the browser back to."""
    client = _client("telegram callback")  # else one login would count twice
    # Taken out of the session before it is used: a callback that is opened again finds nothing.
    try:
        return _leave(_finish(client, query, session.pop(_KEPT, None)))
    except tuple(kind for kind, _ in _REASONS) as error:
        reason = next(code for kind, code in _REASONS if isinstance(error, kind))
        return _leave(f"/login#telegram={reason}")


def _log_in(check: Callable[[datetime], Proof]) -> TelegramEntry:
    _count("telegram login")
    visitor, now = credentials.current(), utcnow()
    visitor_id = visitor.id if visitor else None
    proof = check(now)
    with writing(context.session()) as transaction:
        arrival = login.use_proof(transaction, proof, visitor_id, now)
    _enter(arrival, visitor_id)
    answer = session_answer() if arrival.user is not None else None
    return TelegramEntry(session=answer, code=arrival.code)


def _finish(client: oidc.Client, query: TelegramCallback, stored: Any) -> str:
    """Where to go on. The issuer is asked between two transactions, not inside one."""
    visitor = credentials.current()
    visitor_id = visitor.id if visitor else None
    if (
        stored is None
        or not _same(stored["state"], query.state)
        or stored["until"] < utcnow().timestamp()
    ):
        raise Expired(localized("this login was used already: log in with Telegram again"))
    # After the state was compared: anybody can make up an error.
    if query.error:
        return f"/login#telegram={'denied' if query.error == 'access_denied' else 'failed'}"
    now = utcnow()
    with writing(context.session()) as transaction:  # an old cookie brings the state back
        digest = hashlib.sha256(f"state:{query.state}".encode()).digest()
        login.use_once(transaction, digest, now + LIFETIME)
    attempt = oidc.Attempt(stored["state"], stored["nonce"], stored["verifier"])
    person = client.finish(query.code, attempt)
    with writing(context.session()) as transaction:
        arrival = login.arrive(transaction, person, visitor_id, now, requested=True)
    _enter(arrival, visitor_id)
    return f"/link#{arrival.code}" if arrival.code else str(stored["next"])


def _enter(arrival: Arrival, visitor_id: int | None) -> None:
    """Log the person in as a password would; whoever is logged in already stays who they are."""
    # A proof never changes who somebody is logged in as (`services/telegram_auth/login.py`).
    if arrival.user is not None and visitor_id is None:
        credentials.begin(arrival.user)


def _client(counted: str = "telegram login") -> oidc.Client:
    client = context.context().oidc
    if client is None:
        raise NotFound(localized("this site has no login with Telegram"))
    _count(counted)
    return client


def _count(what: str) -> None:
    context.context().limiter.take((what, client_address.network()), _LOGINS)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))


def _leave(place: str) -> ResponseReturnValue:
    response = redirect(place)
    response.headers["Referrer-Policy"] = "no-referrer"  # this address has a code in it
    return response
