"""The API's description (OpenAPI 3.1), made from what `endpoint` declares of each view."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

from appliance import __version__
from appliance.routers.api import problems
from appliance.routers.api.endpoints import Access, Endpoint, declaration, scopes_for
from appliance.schemas import Problem

Document = dict[str, Any]
Operation = tuple[str, Rule, Callable[..., Any], Endpoint]

_REF = "#/components/schemas/{model}"
_WRITES = {"POST", "PATCH", "PUT", "DELETE"}
_ARGUMENT = re.compile(r"<(?:[^<>:]+:)?([^<>:]+)>")
_MEANINGS = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON.",
    HTTPStatus.UNAUTHORIZED: "Nobody is logged in, or the credentials are wrong.",
    HTTPStatus.FORBIDDEN: "Your role, account or token may not do this, or `X-CSRF-Token` is old.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.CONFLICT: "It contradicts what is stored.",
    HTTPStatus.GONE: "The proof is too old, or was used already.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is over 1 MiB; of an upload over 51 MiB.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body takes another `Content-Type`.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The input is wrong; `faults` says where.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many tries; `Retry-After` says how many seconds to wait.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "A bug in the program; its log says more.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not possible now; `detail` says what is missing.",
}

_INTRODUCTION = """\
Errors are `application/problem+json` (RFC 9457). A browser logs in with `/api/v1/auth/login` and
sends the token of `/api/v1/session` as `X-CSRF-Token` with every write. A program sends an API
token in `Authorization`, and then only that counts. Lists come in pages: `next_cursor` of one is
`cursor` of the next.\
"""


def openapi_document(app: Flask) -> Document:
    """The whole description, in the order of the addresses."""
    operations = sorted(_operations(app), key=lambda it: (it[1].rule, it[0]))
    paths: Document = {}
    for method, rule, view, spec in operations:
        path = _ARGUMENT.sub(r"{\1}", rule.rule)
        paths.setdefault(path, {})[method.lower()] = _operation(method, rule, view, spec)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Appliance",
            "version": __version__,
            "description": _INTRODUCTION,
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in sorted({_tag(rule) for _, rule, _, _ in operations})],
        "paths": paths,
        "components": {
            "schemas": _schemas(spec for _, _, _, spec in operations),
            "responses": {_error_name(status): _error(status) for status in _MEANINGS},
            "securitySchemes": _security_schemes(app),
        },
    }


def _operations(app: Flask) -> Iterator[Operation]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        spec = declaration(view)
        if spec is None:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule, view, spec


def _operation(method: str, rule: Rule, view: Callable[..., Any], spec: Endpoint) -> Document:
    summary, _, more = (inspect.getdoc(view) or "").partition("\n\n")
    operation: Document = {
        "operationId": view.__name__,
        "tags": [_tag(rule)],
        "summary": summary,
        "parameters": [
            *_path_parameters(rule),
            *_query_parameters(spec),
            *_header_parameters(spec),
        ],
        "responses": {
            **_answers(spec),
            **{str(status): _reference(status) for status in _errors_of(method, rule, spec)},
        },
    }
    if more:
        operation["description"] = more
    if spec.body is not None:
        operation["requestBody"] = {"required": True, "content": _bodies(spec, spec.body)}
    if spec.upload is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": _form(spec.upload)}},
        }
    if security := _security(method, spec):
        operation["security"] = security
    return operation


def _bodies(spec: Endpoint, body: type[BaseModel]) -> Document:
    """By media type; a plain text is the `text` of the model."""
    schema = {"$ref": _REF.format(model=body.__name__)}
    content_types = {"application/json": schema, **dict.fromkeys(spec.extra_content_types, schema)}
    return {
        media: {"schema": {"type": "string"} if media == "text/plain" else schema}
        for media, schema in content_types.items()
    }


def _form(fields: type[BaseModel]) -> Document:
    """A form's fields, and the file that goes with them."""
    file = {"required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
    reference = {"$ref": _REF.format(model=fields.__name__)}
    return {"allOf": [reference, {"type": "object", **file}]}


def _tag(rule: Rule) -> str:
    return str(rule.endpoint).partition(".")[0]


def _answers(spec: Endpoint) -> Document:
    content: Document = {}
    if spec.response is not None:
        content = {
            spec.response_media_type: {
                "schema": {"$ref": _REF.format(model=spec.response.__name__)}
            }
        }
    elif spec.response_media_type != "application/json":
        content = {spec.response_media_type: {"schema": {"type": "string"}}}
    elif spec.status != HTTPStatus.NO_CONTENT:
        content = {spec.response_media_type: {"schema": {"type": "object"}}}
    described: Document = {}
    for status in (spec.status, *spec.other_statuses):
        described[str(int(status))] = {"description": f"{HTTPStatus(status).phrase}."}
        if content and status != HTTPStatus.NOT_MODIFIED:
            described[str(int(status))]["content"] = content
    return described


def _errors_of(method: str, rule: Rule, spec: Endpoint) -> list[HTTPStatus]:
    """The declared ones, and those that follow from the rest of the declaration."""
    statuses = {HTTPStatus(status) for status in spec.errors} | {HTTPStatus.INTERNAL_SERVER_ERROR}
    if rule.rule.startswith("/api/"):
        # A token that is refused, also where no login is needed.
        statuses.add(HTTPStatus.UNAUTHORIZED)
    if spec.access != Access.PUBLIC or method in _WRITES:
        statuses.add(HTTPStatus.FORBIDDEN)
    takes_body = spec.body is not None or spec.upload is not None
    if spec.query is not None or takes_body:
        statuses.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    if takes_body:
        statuses |= {
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        }
    return sorted(statuses)


def _path_parameters(rule: Rule) -> list[Document]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _argument(rule, name)}
        for name in _ARGUMENT.findall(rule.rule)
    ]


def _argument(rule: Rule, name: str) -> Document:
    converter = rule._converters[name]  # Werkzeug offers no public way to it
    if isinstance(converter, IntegerConverter):
        low = {} if converter.min is None else {"minimum": converter.min}
        return {"type": "integer", "format": "int64", **low}
    if isinstance(converter, AnyConverter):
        return {"type": "string", "enum": sorted(converter.items)}
    return {"type": "string"}


def _query_parameters(spec: Endpoint) -> list[Document]:
    if spec.query is None:
        return []
    schema = spec.query.model_json_schema(ref_template=_REF)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _in_words(described)}
        for name, described in schema["properties"].items()
    ]


def _in_words(schema: Document) -> Document:
    """Without null, which an address has no way to write: a parameter is left out instead."""
    if schema.get("default", "") is not None or "anyOf" not in schema:
        return schema
    kinds = [kind for kind in schema["anyOf"] if kind != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**(kinds[0] if len(kinds) == 1 else {"anyOf": kinds}), **rest}


def _header_parameters(spec: Endpoint) -> list[Document]:
    return [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}
        for name in spec.headers
    ]


def _security(method: str, spec: Endpoint) -> list[Document]:
    """A session, or a token with any one of the scopes."""
    if spec.access == Access.PUBLIC:
        return []
    session: Document = {"session": [], "csrf": []} if method in _WRITES else {"session": []}
    tokens = [{kind: [scope]} for scope in scopes_for(method, spec) for kind in ("bearer", "basic")]
    return [session, *tokens]


def _security_schemes(app: Flask) -> Document:
    cookie = app.config["SESSION_COOKIE_NAME"]
    return {
        "session": {"type": "apiKey", "in": "cookie", "name": cookie},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API token."},
        "basic": {
            "type": "http",
            "scheme": "basic",
            "description": "An API token as the password, of any user.",
        },
    }


def _schemas(specs: Iterable[Endpoint]) -> Document:
    """Every model once, under its own name, so that a client's generated types read well."""
    modes: dict[type[BaseModel], JsonSchemaMode] = {Problem: "serialization"}
    for spec in specs:
        for request in (spec.body, spec.upload):
            if request is not None:
                modes[request] = "validation"
        if spec.response is not None:
            modes[spec.response] = "serialization"
    _, schema = models_json_schema(list(modes.items()), ref_template=_REF)
    return dict(sorted(schema["$defs"].items()))


def _error_name(status: HTTPStatus) -> str:
    return "".join(part.capitalize() for part in re.split(r"\W+", status.phrase))


def _error(status: HTTPStatus) -> Document:
    schema = {"$ref": _REF.format(model=Problem.__name__)}
    error: Document = {
        "description": _MEANINGS[status],
        "content": {problems.MEDIA: {"schema": schema}},
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        error["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return error


def _reference(status: HTTPStatus) -> Document:
    return {"$ref": f"#/components/responses/{_error_name(status)}"}
