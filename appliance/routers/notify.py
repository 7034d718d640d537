"""Notifications by programs. Whatever a monitor can post is taken: JSON, a form, bare text.

What a token posts arrives in some form (`alert_body.py`, `services/alerts`); a person, who calls by
a session, is told what is wrong.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from flask import Blueprint, request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType

from appliance.crud.accounts import tokens
from appliance.database import writing, writing_if_free
from appliance.errors import ApplianceError, TryLater, localized
from appliance.models import utcnow
from appliance.routers import alert_body
from appliance.routers.api import context, credentials, validation
from appliance.routers.api.endpoints import Access, View, endpoint, read_query
from appliance.schemas import Alert, NewNotification, Notified, NotifyQuery
from appliance.services import notify
from appliance.services.alerts import refused as refused_alerts
from appliance.services.alerts.fit import made_to_arrive
from appliance.services.notify import Sender

log = logging.getLogger(__name__)

blueprint = Blueprint("notify", __name__)

M = TypeVar("M", bound=BaseModel)

_FORM, _MULTIPART = alert_body.FORM, alert_body.MULTIPART
_TEXT = "text/plain"
_APPRISE = frozenset({"version", "type"})  # what its form:// says besides, and nobody needs
_FIELDS = frozenset(NewNotification.model_fields) | {"message"} | _APPRISE


def read_notification() -> NewNotification:
    """The body, whatever it is written in: 400, 415 or Invalid."""
    if credentials.program() is not None:
        return alert_body.read_alert()
    if request.mimetype == "application/json":
        return _from_json(_json())
    if request.mimetype == _MULTIPART:
        return _from_form(request.form.to_dict())
    if request.mimetype not in {_FORM, _TEXT, ""}:
        raise UnsupportedMediaType(localized("the body must be JSON, a form or plain text"))
    text = _text()
    fields = _fields(text) if request.mimetype == _FORM else None
    return _from_form({"text": text} if fields is None else fields)


def _read_query() -> NotifyQuery:
    if credentials.program() is not None:
        return alert_body.read_query()
    return read_query(NotifyQuery)  # type: ignore[no-any-return]


def _refusals_told(view: View) -> View:
    """What a program was refused is lost, for it will not try again: so the log says it."""

    @wraps(view)
    def call(**arguments: Any) -> Any:
        try:
            response = view(**arguments)
        except (ApplianceError, HTTPException) as error:
            if program := credentials.program():
                reason = str(error.description if isinstance(error, HTTPException) else error)
                _tell(program.token_id, "an alert", reason)
            raise
        program = credentials.program()
        if program and request.mimetype == _MULTIPART and request.files:
            count = sum(1 for _ in request.files.items(multi=True))
            _tell(program.token_id, f"{count} files of an alert", "only the text is sent")
        return response

    return call


def _tell(token_id: int, what: str, reason: str) -> None:
    """In the log, and in `appliance status` as soon as the database has time for it."""
    refused, untold = context.context().refused_alerts, context.context().refused_untold
    refused[token_id] += 1
    name = tokens.get(context.session(), token_id).name
    log.warning(
        "notify: %s of the token %d (%r) was refused: %s (%d bytes; %d refused since the start)",
        what,
        token_id,
        name,
        reason,
        request.content_length or 0,
        refused[token_id],
    )
    untold[token_id] = (name, untold.get(token_id, ("", 0, ""))[1] + 1, reason)
    # An alarm that rings all the time must not keep others from writing.
    with suppress(TryLater), writing_if_free(context.session()) as session:
        refused_alerts.add(session, dict(untold), utcnow())
        untold.clear()


@blueprint.post("/notify")
@_refusals_told
@endpoint(
    Access.MEMBER,
    scope="notify",
    query=NotifyQuery,
    query_reader=_read_query,
    body=NewNotification,
    body_reader=read_notification,
    extra_content_types=(_TEXT, _FORM, _MULTIPART),
    response=Notified,
    status=202,
    other_statuses=(200,),
    errors=(404, 409, 429),
    max_body=alert_body.MAX_BODY,
    headers=("Idempotency-Key",),
)
def create_notification(body: NewNotification, query: NotifyQuery) -> tuple[Notified, int]:
    """Tell somebody something. With a key that was used before: 200 and the first answer.

    Operators and admins write to anybody, members to themselves. A bare text is taken, and the
    JSON of Apprise, Grafana, Uptime Kuma, Alertmanager, GitHub, Slack and Discord. What a token
    posts is cut and cleaned where it has to be; a long text arrives as a file, too.
    """
    sender = Sender(credentials.actor(), credentials.caller())
    new = _new(body, query, notify.own_target(credentials.caller()))
    if credentials.program() is not None:
        new = made_to_arrive(new, context.settings().data)
    with writing(context.session()) as session:
        notification, created = notify.create(session, new, sender)
    notified = Notified(
        id=notification.id,
        to=notification.target,
        messages=notify.count(context.session(), notification),
        broadcast_id=notification.broadcast_id,
    )
    return notified, 202 if created else 200


def _new(body: NewNotification, query: NotifyQuery, own: str) -> notify.NewNotification:
    return notify.NewNotification(
        # The body wins: many monitors can be given an address only, so `to` may stand there for all
        # of them.
        to=body.to or query.to or own,
        text=body.text,
        title=body.title or query.title,
        format=body.format or query.format or "plain",
        priority=body.priority or query.priority or "normal",
        buttons=[[button.model_dump() for button in row] for row in body.buttons],
        key=request.headers.get("Idempotency-Key"),
    )


def _from_json(document: Any) -> NewNotification:
    """From our fields, or from those of a monitor, which are recognised by their names."""
    foreign = isinstance(document, Mapping) and "text" not in document
    if foreign and ("message" in document or "msg" in document):
        return _model(Alert, document).as_notification()
    return _model(NewNotification, document)


def _from_form(fields: dict[str, str]) -> NewNotification:
    """An unknown name is a fault: it is what follows a `&` that should have been `%26`."""
    if "message" in fields and "text" not in fields:
        foreign = {"message", *_APPRISE}
        fields = {"text": fields["message"]} | {k: v for k, v in fields.items() if k not in foreign}
    return _model(NewNotification, fields)


def _model(model: type[M], values: Any) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise validation.bad_body(error) from None


def _json() -> Any:
    try:
        return from_json(request.get_data(cache=False), allow_inf_nan=False)
    except ValueError as error:
        raise BadRequest(
            localized("the body is not valid JSON: {reason}", reason=str(error))
        ) from None


def _text() -> str:
    try:
        return request.get_data(cache=False).decode()
    except UnicodeDecodeError:
        raise BadRequest(localized("the body is not UTF-8 text")) from None


def _fields(text: str) -> dict[str, str] | None:
    """The fields of a form; None for what `curl -d TEXT` posts as one, though it is none."""
    name, equals, _ = text.partition("=")
    if not equals or name not in _FIELDS:
        return None
    return dict(parse_qsl(text, keep_blank_values=True))
