"""The HTTP API: blueprints a subject each, on the endpoint layer of `api/endpoints.py`."""

from importlib import import_module

from flask import Flask

from appliance.config import Settings

SUBJECTS = (
    "system",
    "auth",
    "users",
    "telegram",
    "telegram_login",
    "messages",
    "chats",
    "topics",
    "broadcasts",
    "broadcast_changes",
    "media",
    "schedules",
    "tokens",
    "notify",
    "inbox",
)
"""The modules whose `blueprint` is under /api/v1."""


def register(app: Flask, settings: Settings) -> None:
    """Hang every router on the application; the simulator's only in sandbox mode."""
    # Here and not above: whoever wants one module of this package need not load them all.
    from appliance.routers import click_tracking, sandbox, system, webhook
    from appliance.routers.api import converters, credentials, docs, problems

    converters.init_app(app)
    problems.init_app(app)
    credentials.init_app(app)
    app.register_blueprint(system.probes)
    app.register_blueprint(click_tracking.blueprint)
    app.register_blueprint(docs.blueprint, url_prefix="/api")
    if settings.bot_enabled:
        app.register_blueprint(webhook.blueprint)
    for subject in SUBJECTS:
        module = import_module(f"appliance.routers.{subject}")
        app.register_blueprint(module.blueprint, url_prefix="/api/v1")
    if settings.sandbox:
        app.register_blueprint(sandbox.blueprint, url_prefix="/api/v1/sandbox")
