"""The web application: `flask --app appliance.web routes` finds `create_app`.

Importing does nothing.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from appliance import database, frontend, routers
from appliance.config import Settings, home_from_environment
from appliance.routers.api import context
from appliance.routers.api.endpoints import declaration
from appliance.services.telegram_auth import oidc

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1024 * 1024  # the longest text of a broadcast takes 64 KB

_CSP = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_SECURITY = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    # Not `same-origin`, which cuts the pop-up of "Log in with Telegram" off from the page.
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_CORS_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-CSRF-Token"


def create_app(
    settings: Settings | None = None,
    build: Path | None = None,
    *,
    on_update: Callable[[], None] = lambda: None,
) -> Flask:
    """The application of `settings`, by default those of APPLIANCE_HOME or the working directory.

    `build` is the front end's folder. `on_update` is called when the webhook has stored an update.

    Raises ConfigError. Connects to nothing yet.
    """
    settings = settings or Settings.load(home_from_environment())
    app = Flask("appliance", static_folder=None)
    app.config.update(_config(settings))
    client = oidc.make_client(settings)
    context.init_app(app, context.Context(settings, oidc=client, on_update=on_update))
    database.init_app(app, settings.database_url)
    routers.register(app, settings)
    frontend.init_app(app, build or frontend.find_build())
    app.before_request(_start_clock)
    app.after_request(_secure)
    app.after_request(_Cors(settings.cors_origins))
    app.after_request(_record)
    return app


def close_app(app: Flask) -> None:
    """Close the database connections; twice is fine."""
    with app.app_context():
        database.db.engine.dispose()


def body_limits(app: Flask) -> Callable[[str, str], int]:
    """Of which a method and a path may have a body of how many bytes."""
    addresses = app.url_map.bind("")

    def limit_of(method: str, path: str) -> int:
        try:
            view, _ = addresses.match(path, method)
        except HTTPException:  # nothing is there, and nothing is read
            return MAX_BODY_BYTES
        declared = declaration(app.view_functions[view])
        return (declared and declared.max_body) or MAX_BODY_BYTES

    return limit_of


def _config(settings: Settings) -> dict[str, object]:
    https = settings.site_url.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": MAX_BODY_BYTES,
        # `__Host-` makes the browser insist on Secure, no Domain and Path=/.
        "SESSION_COOKIE_NAME": "__Host-session" if https else "session",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        # Not `Strict`: a link in a Telegram message would find nobody logged in.
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        # Else each answer sets the cookie anew, and one that began before a log-out brings it back.
        "SESSION_REFRESH_EACH_REQUEST": False,
        # Not used. By the usual name, a cookie of another Flask program of this host would keep
        # Flask-Login from asking for a token.
        "REMEMBER_COOKIE_NAME": "appliance_remember",
    }


def _start_clock() -> None:
    g.began = time.perf_counter()


def _secure(response: Response) -> Response:
    for name, value in _SECURITY.items():
        # A view may have set a stricter one.
        response.headers.setdefault(name, value)
    if request.path.startswith("/api/") and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


class _Cors:
    """Lets pages of the listed origins use the API; `*` stands for any page, without cookies."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._origins = frozenset(origins)

    def __call__(self, response: Response) -> Response:
        if not self._origins or not request.path.startswith("/api/"):
            return response
        # Also where there is no such header: a cache must not give this answer to another origin.
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin in self._origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
        elif origin and "*" in self._origins:
            response.headers["Access-Control-Allow-Origin"] = "*"
        else:
            return response
        response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
            response.headers["Access-Control-Allow-Headers"] = _CORS_HEADERS
            response.headers["Access-Control-Max-Age"] = "600"
        return response


def _record(response: Response) -> Response:
    """Log a line a request, without query string, headers and body, which may hold secrets."""
    milliseconds = (time.perf_counter() - g.get("began", time.perf_counter())) * 1000
    log.info(
        "%s %s %d %.1fms %s",
        request.method,
        # Quoted and cut: an address may hold line breaks, and be as long as a message.
        quote(request.path[:500], safe="/-_.~:@"),
        response.status_code,
        milliseconds,
        request.remote_addr or "-",
    )
    return response
