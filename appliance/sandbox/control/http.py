"""The control API's requests read into models, and its models written as answers."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from appliance.errors import Invalid

M = TypeVar("M", bound=BaseModel)
Schema = dict[str, Any]

_SHOWN_CHARACTERS = 60


async def read_body(request: web.Request, model: type[M]) -> M:
    """The JSON object in the body; an empty body is an empty one. Raises Invalid."""
    body = await request.read()
    if body.strip() and request.content_type != "application/json":
        raise Invalid("invalid Content-Type: expected application/json")
    try:
        return model.model_validate_json(body if body.strip() else b"{}")
    except ValidationError as error:
        raise Invalid(explain(error, model)) from None


def read_query(request: web.Request, model: type[M]) -> M:
    """The address's parameters. Raises Invalid."""
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise Invalid(explain(error, model)) from None


def answer(model: BaseModel, status: int = 200) -> web.Response:
    # What nobody set stays out: of the Bot API's objects that is most of what there could be.
    body = model.model_dump_json(by_alias=True, exclude_unset=True)
    return web.Response(text=body, status=status, content_type="application/json")


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """What is wrong, where, and what is expected, in one line."""
    schema = model.model_json_schema(mode="validation")
    return "; ".join(_explain_one(one, schema) for one in error.errors(include_url=False))


def _explain_one(error: Mapping[str, Any], schema: Schema) -> str:
    if error["type"] == "json_invalid":
        return f"invalid request body: expected JSON, {error['ctx']['error']}"
    path = error["loc"]
    if not path:
        return "invalid request body: expected a JSON object"
    name = ".".join(map(str, path))
    if error["type"] == "extra_forbidden":
        properties = _schema_at(path[:-1], schema)["properties"]
        return f"unknown {name}: expected one of {', '.join(properties)}"
    expected = _in_words(_schema_at(path, schema), error.get("ctx", {}))
    if error["type"] == "missing":
        return f"{name} is missing: expected {expected}"
    return f"invalid {name} {_shortened(repr(error['input']))}: expected {expected}"


def _schema_at(path: Iterable[str | int], schema: Schema) -> Schema:
    """The JSON schema of the field at this path of the body."""
    field = schema
    for step in path:
        field = field["items"] if isinstance(step, int) else field["properties"][step]
        if "anyOf" in field:  # with null
            field = field["anyOf"][0]
        if "$ref" in field:
            field = schema["$defs"][field["$ref"].rpartition("/")[2]]
    return field


def _in_words(field: Schema, context: Mapping[str, Any]) -> str:
    """What is expected of a field; `context` knows a limit that depends on other fields."""
    if "enum" in field:
        return f"one of {', '.join(field['enum'])}"
    low, high = field.get("minimum"), context.get("le", field.get("maximum"))
    match field["type"]:
        case "integer":
            return f"a whole number{_limits(low, high)}"
        case "number":
            return f"a number{_limits(low, high)}"
        case "string":
            if "maxLength" not in field:
                return "a text"
            return f"a text of {field.get('minLength', 0)} to {field['maxLength']} characters"
        case "boolean":
            return "true or false"
        case "array":
            return "an array"
    return "an object"


def _limits(low: float | None, high: float | None) -> str:
    parts = [f" from {low}" if low is not None else "", f" to {high}" if high is not None else ""]
    return "".join(parts)


def _shortened(text: str) -> str:
    """Of megabytes of base64 the beginning."""
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
