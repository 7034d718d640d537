"""The endpoint layer: a view gets a checked body and query, and returns a model.

`@endpoint(…)` declares who may call a view, what it takes and what it answers; the checks here and
the API's description in `openapi.py` are both made from that one declaration.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from functools import partial, wraps
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from appliance.errors import Forbidden, Invalid, Unauthorized, localized
from appliance.models import Role
from appliance.routers.api import credentials, validation

View = Callable[..., Any]
Call = Callable[..., ResponseReturnValue]

_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_DECLARATION = "__endpoint__"


class Access(StrEnum):
    """Who may call an endpoint; each may do what those before it may."""

    PUBLIC = "public"
    MEMBER = "member"
    OPERATOR = "operator"
    ADMIN = "admin"


_ROLES = {
    Access.MEMBER: frozenset(Role),
    Access.OPERATOR: Role.STAFF,
    Access.ADMIN: frozenset({Role.ADMIN}),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The decorator of a view: checks who calls, reads the request, answers with a model.

    A view returns a model, `(model, status)`, None for 204, or a Response.
    """

    access: Access
    _: KW_ONLY
    scope: str | None = None
    """What a program's token needs, or `read` for a GET; without a scope no token may write."""
    query: type[BaseModel] | None = None
    """The parameters of the address, handed over as `query`."""
    query_reader: Callable[[], BaseModel] | None = None
    """Makes the query where not all of it is checked."""
    body: type[BaseModel] | None = None
    """The JSON of the request, handed over as `body`."""
    body_reader: Callable[[], BaseModel] | None = None
    """Makes the body where JSON is not all that is taken."""
    extra_content_types: tuple[str, ...] = ()
    """What `body_reader` reads besides JSON."""
    upload: type[BaseModel] | None = None
    """The fields of a multipart form, handed over as `form` beside its `file`."""
    max_body: int | None = None
    """Bytes, in place of the limit that holds elsewhere."""
    headers: tuple[str, ...] = ()
    """The request's headers that the view reads."""
    response: type[BaseModel] | None = None
    response_media_type: str = "application/json"
    status: int = HTTPStatus.OK
    other_statuses: tuple[int, ...] = ()
    """Those that come with the same response."""
    errors: tuple[int, ...] = ()
    """Those besides 401, 403, 415 and 422, which follow from the rest."""

    def __call__(self, view: View) -> Call:
        @wraps(view)
        def call(**arguments: Any) -> ResponseReturnValue:
            # Before anything is read: whoever may not call learns nothing about what the body
            # takes.
            require(self.access)
            require_scope(self)
            if self.max_body is not None:
                request.max_content_length = self.max_body
            if self.query is not None:
                reader = self.query_reader or partial(read_query, self.query)
                arguments["query"] = reader()
            if self.body is not None:
                arguments["body"] = self.body_reader() if self.body_reader else read_body(self.body)
            if self.upload is not None:
                arguments["form"], arguments["file"] = read_upload(self.upload)
            return _respond(view(**arguments), self.status)

        setattr(call, _DECLARATION, self)
        return call


endpoint = Endpoint
"""By this name it stands above a view."""


def declaration(view: Callable[..., Any]) -> Endpoint | None:
    return getattr(view, _DECLARATION, None)


def require(access: Access) -> None:
    """Raises Unauthorized when nobody is logged in, Forbidden for a smaller role."""
    if access == Access.PUBLIC:
        return
    user = credentials.current()
    if user is None:
        raise Unauthorized(localized("log in first"))
    if user.role not in _ROLES[access]:
        raise Forbidden(
            localized(
                "this needs the role {role}; yours is {your_role}",
                role=access.value,
                your_role=user.role,
            )
        )


def scopes_for(method: str, spec: Endpoint) -> tuple[str, ...]:
    """Any one of these lets a token call; none does where it is empty."""
    declared = () if spec.scope is None else (spec.scope,)
    return (*declared, "read") if method in {"GET", "HEAD"} else declared


def require_scope(spec: Endpoint) -> None:
    """Raises Forbidden for a token that is not for this; a session may do all its user may."""
    program = credentials.program()
    if program is None or (spec.access == Access.PUBLIC and request.method in {"GET", "HEAD"}):
        return
    scopes = scopes_for(request.method, spec)
    if not scopes:
        raise Forbidden(localized("tokens cannot do this: log in on the site"))
    if program.scopes.isdisjoint(scopes):
        raise Forbidden(localized("this needs a token with the scope {scope}", scope=scopes[0]))


def check_encoding() -> None:
    """Raises UnsupportedMediaType for a body that would be read as something else than was sent."""
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMediaType(localized("the body must come without Content-Encoding"))
    charset = request.mimetype_params.get("charset", "utf-8").strip().lower()
    if charset not in _CHARSETS:
        raise UnsupportedMediaType(localized("the body must be in UTF-8"))


def read_body(model: type[BaseModel]) -> Any:
    """The request's JSON as a model, in strict mode: 415, 400 or Invalid."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType(localized("the body must have Content-Type: application/json"))
    check_encoding()
    body = request.get_data(cache=False)  # nobody reads it twice
    try:
        # As JSON, not as Python's objects: only there does strict mode read a time from a string.
        checked = model.model_validate_json(body)
    except ValidationError as error:
        malformed = next((e for e in error.errors() if e["type"] == "json_invalid"), None)
        if malformed:
            reason = malformed["ctx"]["error"]
            raise BadRequest(
                localized("the body is not valid JSON: {reason}", reason=reason)
            ) from None
        raise validation.bad_body(error) from None
    check_names(body)
    return checked


def check_names(body: bytes) -> None:
    """Raises Invalid where an object of the JSON has a name twice: only one would count."""
    json.loads(body, object_pairs_hook=_once_each)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice = next(name for name, count in Counter(n for n, _ in pairs).items() if count > 1)
        raise Invalid.at(twice, localized("this is there twice"))
    return fields


def read_upload(model: type[BaseModel]) -> tuple[Any, FileStorage]:
    """The request's form as a model, and its file: 415, 413 or Invalid."""
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType(
            localized("the body must have Content-Type: multipart/form-data")
        )
    check_encoding()
    try:
        form = model.model_validate(request.form.to_dict())
    except ValidationError as error:
        raise validation.bad_body(error) from None
    if "file" not in request.files:
        raise Invalid.at("file", localized("the form must have the part `file`"))
    return form, request.files["file"]


def read_query(model: type[BaseModel]) -> Any:
    """The address's parameters as a model; raises Invalid."""
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise validation.bad_address(error) from None


def answer(model: BaseModel, status: int = HTTPStatus.OK) -> Response:
    return Response(model.model_dump_json(by_alias=True), status, mimetype="application/json")


def _respond(result: Any, status: int) -> ResponseReturnValue:
    if result is None:
        return Response(status=HTTPStatus.NO_CONTENT)
    if isinstance(result, BaseModel):
        return answer(result, status)
    if isinstance(result, tuple):
        return answer(*result)
    return result  # type: ignore[no-any-return]
