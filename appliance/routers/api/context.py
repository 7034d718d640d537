"""What a view needs besides its arguments: settings, session, and what the process keeps."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import Flask, current_app
from sqlalchemy.orm import Session

from appliance.config import Settings
from appliance.crud.settings import simulator_url
from appliance.database import db
from appliance.errors import Unavailable, localized
from appliance.gates import Gate
from appliance.services.accounts.rate_limit import Limiter
from appliance.services.broadcasts.statistics import StatisticsCache
from appliance.services.telegram_auth.oidc import Client

_KEY = "appliance"
_LATE_SECONDS = 0.5  # who waits for Telegram or the simulator keeps a thread of the site


def _telegram() -> Gate:
    return Gate(_LATE_SECONDS, localized("Telegram takes long to answer: try again a little later"))


def _simulator() -> Gate:
    message = localized("the simulator takes long to answer: try again a little later")
    return Gate(_LATE_SECONDS, message)


@dataclass(frozen=True, slots=True)
class Context:
    settings: Settings
    limiter: Limiter = field(default_factory=Limiter)
    statistics: StatisticsCache = field(default_factory=StatisticsCache)
    oidc: Client | None = None
    """For "Log in with Telegram", where it is configured."""
    telegram: Gate = field(default_factory=_telegram)
    """For calls of the Bot API that a request waits for."""
    simulator: Gate = field(default_factory=_simulator)
    refused_alerts: Counter[int] = field(default_factory=Counter)
    """By token: what programs said and nobody got, since the start."""
    refused_untold: dict[int, tuple[str, int, str]] = field(default_factory=dict)
    """Of these what `status` does not know yet, see `services/alerts/refused.py`."""
    on_update: Callable[[], None] = lambda: None
    """The webhook has stored an update."""


def init_app(app: Flask, context: Context) -> None:
    app.extensions[_KEY] = context


def context() -> Context:
    return cast(Context, current_app.extensions[_KEY])


def settings() -> Settings:
    return context().settings


def bot_api_url() -> str:
    """Where the Bot API is; in sandbox mode, where this home's simulator listens.

    Raises Unavailable where there is no simulator yet.
    """
    configured = settings()
    if not configured.sandbox or configured.bot_api_url is not None:
        return configured.api_url
    url = simulator_url(session())
    if url is None:
        raise Unavailable(localized("the simulator does not answer: is it running?"))
    return url


def session() -> Session:
    """The request's database session: to read; inside `with writing(session())`, to write."""
    return db.session()
