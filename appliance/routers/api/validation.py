"""What Pydantic finds wrong with a request, in texts of ours that can be translated.

Pydantic's own messages are English, and speak to programmers of "input", "string", "dictionary".
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from appliance.errors import Fault, Invalid, localized, localized_plural

Details = Mapping[str, Any]
"""An error of `ValidationError.errors()`; `ctx` has its numbers."""


def fault_list(error: ValidationError) -> tuple[Fault, ...]:
    """A fault for each error; none repeats what was sent, which may be a password."""
    errors = error.errors(include_url=False, include_input=False)
    return tuple(Fault(".".join(map(str, one["loc"])), _message(one)) for one in errors)


def bad_body(error: ValidationError) -> Invalid:
    faults = fault_list(error)
    return Invalid(
        localized_plural(
            "{count} error in the body", "{count} errors in the body", count=len(faults)
        ),
        faults,
    )


def bad_address(error: ValidationError) -> Invalid:
    faults = fault_list(error)
    return Invalid(
        localized_plural(
            "{count} error in the address", "{count} errors in the address", count=len(faults)
        ),
        faults,
    )


def _message(details: Details) -> str:
    """Pydantic's own message only for a type of error that none of our models can cause."""
    if details["type"] == "value_error":  # raised by a validator of ours
        return str(details["msg"]) if "ctx" not in details else details["ctx"]["error"].args[0]
    make = _MESSAGES.get(details["type"])
    return make(details.get("ctx", {})) if make else str(details["msg"])


def _whole_number(_: Details) -> str:
    return localized("expected a whole number")


def _number(_: Details) -> str:
    return localized("expected a number")


def _true_or_false(_: Details) -> str:
    return localized("expected true or false")


def _object(_: Details) -> str:
    return localized("expected an object")


def _one_of(context: Details) -> str:
    return localized("expected one of {known}", known=context["expected"].replace(" or ", ", "))


def _too_long(context: Details) -> str:
    limit = context["max_length"]
    if _has_items(context):
        return localized_plural(
            "expected at most {count} item", "expected at most {count} items", count=limit
        )
    return localized_plural(
        "expected at most {count} character", "expected at most {count} characters", count=limit
    )


def _too_short(context: Details) -> str:
    limit = context["min_length"]
    if _has_items(context):
        return localized_plural(
            "expected at least {count} item", "expected at least {count} items", count=limit
        )
    return localized_plural(
        "expected at least {count} character", "expected at least {count} characters", count=limit
    )


def _has_items(context: Details) -> bool:
    """Else it is a text: where a validator of ours ran first, Pydantic calls that a "Value"."""
    return context.get("field_type") in {"List", "Dictionary"}


_MESSAGES: dict[str, Callable[[Details], str]] = {
    "missing": lambda _: localized("this is required"),
    "extra_forbidden": lambda _: localized("there is no such field"),
    "string_type": lambda _: localized("expected text"),
    "string_too_long": _too_long,
    "string_too_short": _too_short,
    "float_type": _number,
    "float_parsing": _number,
    "finite_number": _number,
    "int_type": _whole_number,
    "int_parsing": _whole_number,
    "int_parsing_size": _whole_number,
    "int_from_float": _whole_number,
    "greater_than_equal": lambda c: localized("expected {limit} or more", limit=c["ge"]),
    "less_than_equal": lambda c: localized("expected {limit} or less", limit=c["le"]),
    "bool_type": _true_or_false,
    "bool_parsing": _true_or_false,
    "literal_error": _one_of,
    "list_type": lambda _: localized("expected a list"),
    "too_long": _too_long,
    "too_short": _too_short,
    "model_type": _object,
    "model_attributes_type": _object,
    "dict_type": _object,
}
