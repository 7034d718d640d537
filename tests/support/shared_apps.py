"""Web applications that many tests share: making one takes 54 ms, for werkzeug compiles its rules.

What a test may not leave behind is new for each: the home, the database, and all that an
application remembers (its limits, its statistics, its log-ins under way).
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flask import Flask
from flask_login import FlaskLoginClient

from appliance import config, env_file, web
from appliance.config import Settings
from appliance.routers.api import context
from appliance.services.telegram_auth import oidc


class SharedApps:
    """One application for all settings that differ only in what it asks for at each request."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._apps: dict[Settings, Flask] = {}

    def new_home(self, values: dict[str, str]) -> Path:
        """An empty home, at the same path each time: the path is part of the settings."""
        shutil.rmtree(self._home, ignore_errors=True)
        (self._home / "data").mkdir(parents=True)
        env_file.write(self._home / ".env", values)
        return self._home

    def get(self, settings: Settings, on_update: Callable[[], None] = lambda: None) -> Flask:
        """As `web.create_app`; to be closed by `web.close_app`, and not to be given routes."""
        alike = replace(settings, bot_api_url=None, oidc_issuer=config.TELEGRAM_ISSUER)
        if alike not in self._apps:
            self._apps[alike] = web.create_app(settings)
            self._apps[alike].test_client_class = FlaskLoginClient
        app = self._apps[alike]
        client = oidc.make_client(settings)
        context.init_app(app, context.Context(settings, oidc=client, on_update=on_update))
        return app
