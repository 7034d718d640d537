"""Every error as `application/problem+json` (RFC 9457): the one map from the tree to statuses."""

import logging
import math
import re
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers.response import Response as BaseResponse

from appliance import database, errors
from appliance.errors import ApplianceError, Localized, localized
from appliance.outages import level_of
from appliance.routers.api import language
from appliance.schemas import Problem, faults_of
from appliance.services.i18n.catalog import translate, word

log = logging.getLogger(__name__)

STATUSES: dict[type[ApplianceError], HTTPStatus] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.NothingToDo: HTTPStatus.CONFLICT,
    errors.Unauthorized: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.Expired: HTTPStatus.GONE,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TryLater: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SchemaError: HTTPStatus.SERVICE_UNAVAILABLE,
    ApplianceError: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_DESCRIPTIONS = {
    HTTPStatus.BAD_REQUEST: localized("the request cannot be understood"),
    HTTPStatus.NOT_FOUND: localized("there is nothing at this address"),
    HTTPStatus.METHOD_NOT_ALLOWED: localized(
        "this address does not accept that method: see the Allow header"
    ),
}

_LATER_SECONDS = 5  # what a program should wait where nothing tells how long it will last

MEDIA = "application/problem+json"


def init_app(app: Flask) -> None:
    app.register_error_handler(ApplianceError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    app.after_request(_of_this_site)


def status_of(error: ApplianceError) -> HTTPStatus:
    """Of the nearest class in the tree that has one."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def kind_of(error: ApplianceError) -> str:
    """A name that programs can rely on: EmailTaken is `urn:appliance:problem:email-taken`."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
    return f"urn:appliance:problem:{name}"


def _domain_error(error: ApplianceError) -> Response:
    faults = error.faults if isinstance(error, errors.Invalid) else ()
    response = _problem(status_of(error), error.message, kind_of(error), faults)
    if isinstance(error, errors.TooManyRequests):
        response.headers["Retry-After"] = str(math.ceil(error.retry_after))
    if isinstance(error, errors.TryLater):
        response.headers["Retry-After"] = str(_LATER_SECONDS)
    if isinstance(error, errors.Unauthorized):
        # RFC 9110 asks for the header; at `Basic` a browser would open a dialog of its own.
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _http_error(error: HTTPException) -> BaseResponse:
    """What Flask and Werkzeug raise: no route, wrong method, too large, malformed."""
    status = HTTPStatus(error.code or 500)
    if error.response is not None or status < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    if not speaks_json():
        spoken = language.chosen()
        text = f"{word('title', status.phrase, spoken)}\n"
        return language.mark(Response(text, status, mimetype="text/plain"), spoken)
    response = _problem(status, _description(error, status))
    headers = dict(error.get_headers())
    for name in ("Allow", "Retry-After"):
        if name in headers:
            response.headers[name] = headers[name]
    return response


def _of_this_site(response: Response) -> Response:
    """Werkzeug puts the Host header into its redirects, and anybody can make one up."""
    if isinstance(request.routing_exception, RequestRedirect):
        place = urlsplit(response.headers["Location"])
        query = f"?{place.query}" if place.query else ""
        response.headers["Location"] = f"/{place.path.lstrip('/')}{query}"
    return response


def _unexpected(error: Exception) -> Response:
    """A bug: the traceback goes into the log, and nothing of it into the answer.

    Not where the database only could not do it now.
    """
    if database.is_busy(error):
        reason = database.first_line(error)
        level = level_of(error, logging.WARNING)
        log.log(level, "%s %s: %s", request.method, request.endpoint, reason)
        return _domain_error(errors.TryLater(database.BUSY))
    log.error("unexpected error in %s %s", request.method, request.endpoint, exc_info=error)
    detail = localized("something went wrong on the server; its log says more")
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def speaks_json() -> bool:
    """Whether the caller is a program: everything under /api, and the probes."""
    return request.path.startswith(("/api/", "/healthz", "/readyz")) or request.path == "/api"


def _description(error: HTTPException, status: HTTPStatus) -> str:
    """Our own text where the error has one; else a translatable one in place of Werkzeug's."""
    if isinstance(error.description, Localized):
        return error.description
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and request.max_content_length:
        limit = request.max_content_length // 2**20  # an upload's is higher
        return localized("the body is too large: the limit is {limit} MiB", limit=limit)
    return _DESCRIPTIONS.get(status) or error.description or status.phrase


def _problem(
    status: HTTPStatus,
    detail: str,
    type: str = "about:blank",
    faults: tuple[errors.Fault, ...] = (),
) -> Response:
    """The answer, in the language of whoever asked."""
    spoken = language.chosen()
    problem = Problem(
        type=type,
        title=word("title", status.phrase, spoken),
        status=status,
        detail=translate(detail, spoken),
        faults=faults_of(language.translated(faults, spoken)) or None,
    )
    body = problem.model_dump_json(exclude_none=True)
    return language.mark(Response(body, status, mimetype=MEDIA), spoken)
