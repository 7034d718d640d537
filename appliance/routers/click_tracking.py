"""`/r/<token>`: a tracked link of a broadcast. Counts that it was opened, and leads on."""

import logging

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError

from appliance.crud.broadcasts import click_tracking
from appliance.database import first_line, writing
from appliance.outages import level_of
from appliance.routers.api import context
from appliance.services.broadcasts.click_tracking import Opened, Signer, is_previewer

log = logging.getLogger(__name__)

blueprint = Blueprint("click_tracking", __name__)

_HEADERS = {
    "Cache-Control": "no-store",  # or the second click would not be seen
    "Referrer-Policy": "no-referrer",  # the token names a person: nobody else's business
    "X-Robots-Tag": "noindex",
}


@blueprint.get("/r/<path:token>")
def open_link(token: str) -> Response:
    """To the stored address and nowhere else; 404 for a token that was not signed here."""
    opened = Signer(context.settings().secret_key).read(token)
    url = click_tracking.address_of(context.session(), opened.link_id) if opened else None
    if opened is None or url is None:
        abort(404)
    if _by_a_person():
        _count(opened)
    return Response(status=302, headers={"Location": url, **_HEADERS})


def _by_a_person() -> bool:
    """Not a look ahead: HEAD, a browser's prefetch, or a program that draws previews."""
    purpose = request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    if request.method == "HEAD" or "prefetch" in purpose:
        return False
    return not is_previewer(request.headers.get("User-Agent", ""))


def _count(opened: Opened) -> None:
    try:
        with writing(context.session()) as session:
            click_tracking.count_click(session, *opened)
    except SQLAlchemyError as error:  # a full disk must not keep people from the page
        log.log(level_of(error), "a click is not counted: %s", first_line(error))
