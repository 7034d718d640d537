"""Who calls: a browser by its session, or a program by its API token.

Both are Flask-Login's `current_user`. The cookie is signed, so there is no session id to fixate; it
carries the user's id and `session_version`, and a raised version (a new password, a disabled
account) ends every session. A write in a session carries the session's token, which protects from
other sites.

Where a request has an `Authorization` header, only that counts: its cookie opens no session.
"""

import hmac
import logging
import secrets

from flask import Flask, Request, current_app, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import LoginManager, current_user, login_user, logout_user

from appliance.crud.accounts import users
from appliance.database import db
from appliance.errors import Forbidden, NotFound, Unauthorized, localized
from appliance.models import User, utcnow
from appliance.routers.api import client_address, context
from appliance.services.accounts import tokens
from appliance.services.accounts.rate_limit import Rate
from appliance.services.accounts.tokens import Program, TokenRefused

log = logging.getLogger(__name__)

_CSRF = "csrf"
_PROGRAM = "program"
_NAMED = "session_names_a_user"
_REFUSALS = Rate(burst=30, seconds=3)  # a monitor with an old token must not fill the log
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

login_manager = LoginManager()
login_manager.session_protection = None  # a phone changes its address all day


class _BrowserSessions(SecureCookieSessionInterface):
    """Cookies of browsers only.

    Flask-Login looks at the session first: with a cookie and a token that is refused, it would take
    the request for the cookie's user.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if "Authorization" in request.headers:
            return self.session_class()
        return super().open_session(app, request)


def init_app(app: Flask) -> None:
    app.session_interface = _BrowserSessions()
    login_manager.init_app(app)
    app.before_request(check_request)


@login_manager.user_loader
def _load_from_session(user_key: str) -> User | None:
    """By what `User.get_id` was when the session began."""
    # For `was_ended`: a cookie that names somebody who is not let in is another matter than none.
    setattr(g, _NAMED, True)
    try:
        user = users.get(db.session(), int(user_key.partition(".")[0]))
    except (NotFound, ValueError):
        return None
    return user if user.get_id() == user_key else None


@login_manager.request_loader
def _load_from_token(_: Request) -> User | None:
    calling = program()
    return calling.user if calling else None


def current() -> User | None:
    """The user who calls, by a session or a token, or None."""
    user = current_user._get_current_object()
    return user if user.is_authenticated else None


def program() -> Program | None:
    """The program that calls with a token; None for a browser."""
    calling: Program | None = g.get(_PROGRAM)
    return calling


def actor() -> str:
    """Who calls, as records name them: `token:7` or `user:5`. Raises Unauthorized."""
    calling = program()
    return f"token:{calling.token_id}" if calling else f"user:{caller().id}"


def caller() -> User:
    """The logged-in user. Raises Unauthorized."""
    user = current()
    if user is None:
        raise Unauthorized(localized("log in first"))
    return user


def begin(user: User) -> None:
    """Log `user` in, in a new session: what another person left in this browser's is gone."""
    session.clear()
    # Else a phone forgets it when it puts the browser away: it lasts PERMANENT_SESSION_LIFETIME.
    session.permanent = True
    login_user(user)


def stay(user: User) -> None:
    """Keep this session and its token, when all sessions of `user` were just ended."""
    login_user(user)


def end() -> None:
    """Log out, and forget the session's token for writes, too."""
    logout_user()
    session.clear()


def was_ended() -> bool:
    """Whether the cookie is of a user who is not logged in any more: their sessions were ended."""
    return current() is None and _NAMED in g


def csrf_token() -> str:
    """The session's token for writes, made where there is none; empty for a program."""
    if program() is not None:
        return ""
    if _CSRF not in session:
        session[_CSRF] = secrets.token_urlsafe(24)
    return str(session[_CSRF])


def check_request() -> None:
    """Before every request to the API: check the token, or that a write is meant by its session.

    Raises Unauthorized for an `Authorization` header whose token is refused, TooManyRequests after
    many of those, and Forbidden for a write in a session without the session's token.
    """
    # An address that leads nowhere is answered as that, not as a refusal that would hide the
    # mistake.
    if not request.path.startswith("/api/") or request.routing_exception is not None:
        return
    if "Authorization" in request.headers:
        # A browser asks so before a call from another site, and sends no credentials with it.
        if request.method != "OPTIONS":
            setattr(g, _PROGRAM, _authenticated())
        return
    cookie = current_app.config["SESSION_COOKIE_NAME"]
    # Without a cookie nobody is logged in, so there is nothing that another site could misuse.
    if request.method not in _SAFE and cookie in request.cookies:
        _check_csrf(request.headers.get("X-CSRF-Token", ""))


def _authenticated() -> Program:
    try:
        return tokens.authenticate(context.session(), _given_token(), utcnow())
    except TokenRefused as error:
        limiter, network = context.context().limiter, client_address.network()
        limiter.take(("token from", network), _REFUSALS)
        log.warning("Authorization from %s refused: %s", network, error.reason)
        raise


def _given_token() -> str:
    """`Bearer TOKEN`, or the password of Basic, whoever the user is; empty for anything else."""
    try:
        authorization = request.authorization
    except ValueError:  # Werkzeug raises it for a Basic header that is not ASCII
        return ""
    if authorization is None:
        return ""
    return (authorization.token if authorization.type == "bearer" else authorization.password) or ""


def _check_csrf(token: str) -> None:
    own = session.get(_CSRF, "")
    # An empty token of a session that has none must not equal an empty header.
    if not own or not hmac.compare_digest(own.encode(), token.encode()):
        raise Forbidden(
            localized("X-CSRF-Token is missing or old: reload the page, or ask GET /api/v1/session")
        )
