"""Options that several commands share, handed over as one object."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import wraps
from typing import Any

IDS = {"ignore_unknown_options": True}
"""Context settings of commands that take ids: those of groups begin with a minus, as options do."""

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


def bundled(kind: type[Any], options: Iterable[Decorator], name: str) -> Decorator:
    """A decorator that adds the options to a command, which gets them as one argument `name`.

    `kind` is a dataclass with a field for each option. A bundle may hold another: its decorator
    stands among the options, its name among the fields.
    """
    names = [field.name for field in fields(kind)]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def call(*arguments: Any, **values: Any) -> Any:
            bundle = kind(**{each: values.pop(each) for each in names})
            return command(*arguments, **{name: bundle}, **values)

        decorated: Command = call
        for option in reversed(tuple(options)):  # --help shows them in the order of `options`
            decorated = option(decorated)
        return decorated

    return decorate
