"""The site itself: what it is, whether it is alive, how its parts are."""

import logging
from urllib.parse import urlencode

from flask import Blueprint, Response

from appliance import __version__, database
from appliance.config import Settings, is_real_token
from appliance.errors import ConfigError, SchemaError
from appliance.languages import LANGUAGES
from appliance.routers.api import context
from appliance.routers.api.endpoints import Access, answer, endpoint
from appliance.schemas import Health, LoginWays, Readiness, Site, Status
from appliance.services import bot_identity, status

log = logging.getLogger(__name__)

_WIDGET = "https://oauth.telegram.org/auth"

blueprint = Blueprint("system", __name__)
probes = Blueprint("probes", __name__)


@blueprint.get("/site")
@endpoint(Access.PUBLIC, response=Site)
def show_site() -> Site:
    """What every visitor may know."""
    settings = context.settings()
    username = bot_identity.current(context.session()).username
    widget = bool(username and settings.domain and not settings.sandbox)
    oidc = context.context().oidc is not None
    return Site(
        name=settings.domain or "Appliance",
        version=__version__,
        bot_username=username,
        bot_url=f"https://t.me/{username}" if username else None,
        sandbox=settings.sandbox,
        languages=list(LANGUAGES),
        default_language=settings.default_language,
        login=LoginWays(
            widget=widget,
            widget_url=_widget_url(settings) if widget and not oidc else None,
            oidc=oidc,
        ),
    )


def _widget_url(settings: Settings) -> str | None:
    """Where the Login Widget itself leads; a plain link runs no script of Telegram's here.

    The visitor comes back with the signed data in the fragment, which reaches no server's log.
    """
    token = settings.bot_token or ""
    if not (settings.bot_enabled and is_real_token(token)):
        return None
    query = {
        "bot_id": token.partition(":")[0],
        "origin": settings.site_url,
        "return_to": f"{settings.site_url}/login",
    }
    return f"{_WIDGET}?{urlencode(query)}"


@blueprint.get("/status")
@endpoint(Access.ADMIN, response=Status)
def show_status() -> Status:
    """How the parts are, and what waits to be sent."""
    return Status.model_validate(status.document(context.session()))


@probes.get("/healthz")
@endpoint(Access.PUBLIC, response=Health)
def show_health() -> Health:
    """Whether the process answers."""
    return Health()


@probes.get("/readyz")
@endpoint(Access.PUBLIC, response=Readiness, other_statuses=(503,))
def show_readiness() -> Response:
    """Whether the database answers at the right schema; the parts are told, not judged."""
    try:
        database.check_schema(context.settings())
    except (ConfigError, SchemaError) as error:
        log.error("not ready: %s", error)  # the answer is public, and this names paths
        return answer(Readiness(status="unready", database="unusable", parts={}), 503)
    parts = status.parts(context.session())
    states = {name: part["state"] for name, part in parts.items()}
    return answer(Readiness(status="ready", database="ok", parts=states))
