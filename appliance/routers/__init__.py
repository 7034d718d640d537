"""The HTTP API: blueprints a subject each, on the endpoint layer of `endpoints.py`."""

from flask import Flask

from appliance.config import Settings


def register(app: Flask, settings: Settings) -> None:
    """Hang every router on the application; the simulator's only in sandbox mode."""
    # Here and not above: whoever wants one module of this room need not load them all.
    from appliance.routers import (
        auth,
        broadcast_control,
        broadcasts,
        chats,
        converters,
        docs,
        links,
        media,
        messages,
        problems,
        sandbox,
        schedules,
        sessions,
        system,
        telegram,
        topics,
        users,
    )

    converters.init_app(app)
    problems.init_app(app)
    sessions.init_app(app)
    app.register_blueprint(system.probes)
    app.register_blueprint(links.blueprint)
    app.register_blueprint(docs.blueprint, url_prefix="/api")
    for module in (
        system,
        auth,
        users,
        telegram,
        messages,
        chats,
        topics,
        broadcasts,
        broadcast_control,
        media,
        schedules,
    ):
        app.register_blueprint(module.blueprint, url_prefix="/api/v1")
    if settings.sandbox:
        app.register_blueprint(sandbox.blueprint, url_prefix="/api/v1/sandbox")
