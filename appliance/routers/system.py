"""The site itself: what it is, whether it is alive, how its parts are."""

import logging

from flask import Blueprint, Response

from appliance import __version__, database
from appliance.errors import ConfigError, SchemaError
from appliance.routers import context
from appliance.routers.endpoints import Access, answer, endpoint
from appliance.routers.telegram import bot_username
from appliance.schemas import Health, LoginWays, Readiness, Site, Status
from appliance.services import status

log = logging.getLogger(__name__)

blueprint = Blueprint("system", __name__)
probes = Blueprint("probes", __name__)


@blueprint.get("/site")
@endpoint(Access.PUBLIC, answer=Site)
def show_site() -> Site:
    """What every visitor may know."""
    settings, username = context.settings(), bot_username()
    return Site(
        name=settings.domain or "Appliance",
        version=__version__,
        bot_username=username,
        bot_url=f"https://t.me/{username}" if username else None,
        sandbox=settings.sandbox,
        languages=["en", "ru"],
        default_language=settings.default_language,
        login=LoginWays(
            widget=bool(username and settings.domain and not settings.sandbox),
            oidc=context.context().oidc is not None,
        ),
    )


@blueprint.get("/status")
@endpoint(Access.ADMIN, answer=Status)
def show_status() -> Status:
    """How the parts are, and what waits to be sent."""
    return Status.model_validate(status.document(context.session()))


@probes.get("/healthz")
@endpoint(Access.PUBLIC, answer=Health)
def show_health() -> Health:
    """Whether the process answers."""
    return Health()


@probes.get("/readyz")
@endpoint(Access.PUBLIC, answer=Readiness, also=(503,))
def show_readiness() -> Response:
    """Whether the database answers at the right schema; the parts are told, not judged."""
    try:
        database.check_schema(context.settings())
    except (ConfigError, SchemaError) as error:
        log.error("not ready: %s", error)  # the answer is public, and this names paths
        return answer(Readiness(status="unready", database="unusable", parts={}), 503)
    parts = status.document(context.session())["parts"]
    states = {name: part["state"] for name, part in parts.items()}
    return answer(Readiness(status="ready", database="ok", parts=states))
