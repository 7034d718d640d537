"""Who is logged in (Flask-Login) and the token that protects writes from other sites.

The cookie is signed, so there is no session id to fixate; it carries the user's id and
`session_version`, and a raised version (a new password, a disabled account) ends every session.
"""

import hmac
import secrets

from flask import Flask, current_app, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from appliance.crud import users
from appliance.database import db
from appliance.errors import Forbidden, NotFound, Unauthorized, say
from appliance.models import User

_CSRF = "csrf"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Visitor(UserMixin):  # type: ignore[misc]
    """A user as Flask-Login knows it."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        return f"{self.user.id}.{self.user.session_version}"


def init_app(app: Flask) -> None:
    manager = LoginManager()
    manager.session_protection = None  # a phone changes its address all day
    manager.user_loader(_load)
    manager.init_app(app)
    app.before_request(check_request)


def current() -> User | None:
    """The logged-in user, or None."""
    return current_user.user if current_user.is_authenticated else None


def caller() -> User:
    """The logged-in user. Raises Unauthorized."""
    user = current()
    if user is None:
        raise Unauthorized(say("log in first"))
    return user


def begin(user: User) -> None:
    """Log `user` in, in a session that keeps nothing of the one before."""
    session.clear()
    session.permanent = True
    login_user(Visitor(user))


def end() -> None:
    """Log out, and forget the session's token too."""
    logout_user()
    session.clear()


def csrf_token() -> str:
    """The session's token; made when there is none."""
    if _CSRF not in session:
        session[_CSRF] = secrets.token_urlsafe(24)
    return str(session[_CSRF])


def check_request() -> None:
    """Before every request to the API: which credentials count, and are they meant.

    Raises Unauthorized for an `Authorization` header, for then only it counts and no program has
    a token yet; Forbidden for a write in a session without the session's token.
    """
    if not request.path.startswith("/api/") or request.routing_exception is not None:
        return
    if "Authorization" in request.headers and request.method != "OPTIONS":
        raise Unauthorized(say("this Authorization is not known here"))
    cookie = current_app.config["SESSION_COOKIE_NAME"]
    if request.method not in _SAFE and cookie in request.cookies:
        _check_csrf(request.headers.get("X-CSRF-Token", ""))


def _check_csrf(given: str) -> None:
    known = session.get(_CSRF, "")
    if not known or not hmac.compare_digest(known.encode(), given.encode()):
        raise Forbidden(
            say("X-CSRF-Token is missing or old: reload the page, or ask GET /api/v1/session")
        )


def _load(visitor: str) -> Visitor | None:
    user_id, _, version = visitor.partition(".")
    try:
        user = users.get(db.session(), int(user_id))
    except (NotFound, ValueError):
        return None
    if user.disabled or version != str(user.session_version):
        return None
    return Visitor(user)
