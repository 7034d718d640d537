"""Who may call the control API, and how a domain error becomes a JSON answer."""

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from appliance.errors import ApplianceError, Conflict, Forbidden, Invalid, NotFound

_STATUSES: dict[type[ApplianceError], int] = {
    Invalid: 400,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other sites' pages, and answer domain errors as JSON.

    The token guards the Bot API; here a page that a browser on this machine shows could call us,
    under its own name (`Origin`) or under a name that it lets point at loopback (`Host`).
    """
    if not request.path.startswith("/sandbox/"):
        return await handler(request)
    try:
        _check_caller(request)
        return await handler(request)
    except ApplianceError as error:
        return web.json_response({"error": str(error)}, status=_STATUSES.get(type(error), 400))


def _check_caller(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    hosts = [urlsplit(f"//{request.host}").hostname]
    if origin is not None:
        hosts.append(urlsplit(origin).hostname)
    if not all(host and _is_loopback(host) for host in hosts):
        raise Forbidden("the simulator's control API answers loopback addresses only")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
