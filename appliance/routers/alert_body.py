"""What a program posts to raise an alarm, whatever it is: nothing here refuses it for its form.

It would not be sent again, and somebody would not hear of a full disk. So what cannot be read as
fields is the text itself, and fields that nobody knows, or with values that nobody knows, are left
out.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import request
from pydantic import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from appliance.errors import localized
from appliance.schemas import NewNotification, NotifyQuery
from appliance.schemas.notifications import LinkButton
from appliance.services import alerts

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MAX_BODY = 16 * 1024 * 1024
"""Bytes; some send files along, which are left out."""

_CHOICES = {"priority": ("low", "normal", "high"), "format": ("plain", "html")}
_TEXTS = ("text", "message", "msg")
# What a form of ours, of Apprise or of Uptime Kuma says; the last two hold JSON.
_FIELDS = frozenset({"to", "title", "priority", "format", "version", "type", *_TEXTS})
_WITH_JSON = ("data", "payload")


def read_alert() -> NewNotification:
    """Raises UnsupportedMediaType for a compressed body, and 413."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType(localized("the body must come without Content-Encoding"))
    if request.mimetype == MULTIPART:
        request.max_form_memory_size = MAX_BODY
        fields = request.form.to_dict()
        for file in request.files.values():
            file.close()
        return _from_form(fields)
    text = _text()
    if request.mimetype == FORM:
        return _from_form(_fields(text))
    # Some post JSON and call it text; a bare number or word of JSON is a text.
    if "json" in request.mimetype or text.lstrip().startswith("{"):
        return _from_text(text)
    return _made({"text": text})


def read_query() -> NotifyQuery:
    return NotifyQuery.model_construct(**_known(request.args.to_dict()))


def _from_text(text: str) -> NewNotification:
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        document = None
    return _from_json(document, text) if isinstance(document, dict) else _made({"text": text})


def _from_json(document: dict[str, Any], text: str) -> NewNotification:
    """Our own fields, or a sender's that is known; else the JSON as it stands."""
    alert = alerts.read(document)
    own = document.get("text")
    if alert is not None:
        return _made({**document, "title": alert.title, "text": alert.text})
    if isinstance(own, str | int | float) or document.get("title"):
        return _made({**document, "text": "" if own is None else own})
    return _made({**document, "text": text})


def _from_form(fields: Mapping[str, str]) -> NewNotification:
    for name in _WITH_JSON:
        if not any(fields.get(text) for text in _TEXTS) and name in fields:
            return _from_text(fields[name])
    text = next((fields[name] for name in _TEXTS if fields.get(name)), "")
    return _made({**fields, "text": text})


def _fields(text: str) -> dict[str, str]:
    """Of a form; what `curl -d TEXT` posts as one, though it is none, is the text.

    A form has no other names than ours, and says something: `version=2.1 deployed` is a text.
    """
    fields = dict(parse_qsl(text, keep_blank_values=True, errors="replace"))
    said = any(fields.get(name, "").strip() for name in (*_TEXTS, "title", *_WITH_JSON))
    ours = fields.keys() <= _FIELDS or fields.keys() <= {*_WITH_JSON}
    return fields if said and ours and "=" in text else {"text": text}


def _made(fields: Mapping[str, Any]) -> NewNotification:
    known = _known(fields)
    return NewNotification.model_construct(
        **known, text=_as_text(fields.get("text")), buttons=_buttons(fields.get("buttons"))
    )


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Our fields but the text, where their values are ours, too."""
    known: dict[str, Any] = {name: _as_text(fields.get(name)) for name in ("to", "title")}
    for name, allowed in _CHOICES.items():
        value = _as_text(fields.get(name)).lower()
        known[name] = value if value in allowed else ""
    return {name: value for name, value in known.items() if value}


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _buttons(value: Any) -> list[list[LinkButton]]:
    """The rows; none where one of them could not be sent."""
    try:
        return NewNotification.model_validate({"buttons": value}).buttons
    except ValidationError:
        return []


def _text() -> str:
    """Whatever its encoding: the one that is named, else UTF-8, and marks for what is not."""
    body = request.get_data(cache=False)
    named = request.mimetype_params.get("charset", "utf-8")
    try:
        return body.decode(named)
    except (UnicodeDecodeError, LookupError):
        return body.decode("utf-8", "replace")
