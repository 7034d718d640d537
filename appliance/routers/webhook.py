"""`/telegram/webhook`: Telegram brings an update; it is stored, and the answer is given at once.

Handling is the updates part's, in this process or in another. What is not answered by 200 Telegram
brings again, so the answer waits for the commit and for nothing else.
"""

import json
import logging
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError

from appliance.database import first_line, writing
from appliance.errors import Invalid
from appliance.models import utcnow
from appliance.outages import level_of
from appliance.routers.api import context
from appliance.services import updates

log = logging.getLogger(__name__)

blueprint = Blueprint("webhook", __name__)


@blueprint.post(updates.WEBHOOK_PATH)
def receive() -> Response:
    """200 for what is stored, new or known; 403 without the secret, 400 for what is no update.

    503 when the database fails: Telegram brings it again.
    """
    # Before the body is read: only Telegram and this site know the secret.
    if not updates.is_from_telegram(context.settings(), request.headers.get(updates.SECRET_HEADER)):
        log.warning("webhook: refused a call from %s without the secret", request.remote_addr)
        abort(403)
    try:
        fresh = _store(_document())
    except Invalid as error:
        log.error("webhook: %s", error)
        abort(400, str(error))
    except SQLAlchemyError as error:  # its words would quote the update
        log.log(level_of(error), "webhook: an update could not be stored: %s", first_line(error))
        abort(503)
    # After the commit, and not for a repetition: whoever is woken finds it in the table.
    if fresh:
        context.context().on_update()
    return Response()


def _store(document: object) -> bool:
    """Whether it was new. Raises Invalid."""
    with writing(context.session()) as session:
        return updates.receive(session, document, utcnow())


def _document() -> Any:
    """The body as JSON, strictly. Raises Invalid."""
    try:
        return json.loads(request.get_data(cache=False), parse_constant=_no_json)
    except (ValueError, RecursionError):
        raise Invalid("invalid request body: expected JSON") from None


def _no_json(constant: str) -> NoReturn:
    """NaN and Infinity: Python would take them, and PostgreSQL would not."""
    raise ValueError(constant)
