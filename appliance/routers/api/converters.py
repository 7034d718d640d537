"""Ids in an address. What cannot be an id matches no route, and so is 404."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from appliance.models import MAX_ID


def _numbers_up_to(largest: int) -> str:
    """A pattern of the whole numbers from 1 on, each written in one way: no 01, no Arabic digits.

    The range must be in the pattern: what only fails when it is read is 405 in place of 404 where
    another method has the same address.
    """
    digits = str(largest)
    same_length = [
        f"{digits[:n]}[{1 if n == 0 else 0}-{int(digit) - 1}][0-9]{{{len(digits) - n - 1}}}"
        for n, digit in enumerate(digits)
        if int(digit) > (1 if n == 0 else 0)
    ]
    shorter = f"[1-9][0-9]{{0,{len(digits) - 2}}}"
    return f"(?:{'|'.join([shorter, *same_length, digits])})"


_ID = _numbers_up_to(MAX_ID)


class NumberConverter(IntegerConverter):
    """Any number that is written in one way."""

    regex = f"(?:0|{_ID})"


class IdConverter(IntegerConverter):
    """A row's id, up to 2**63-1: a database would answer a larger one with an overflow."""

    regex = _ID


class ChatIdConverter(IntegerConverter):
    """A chat's id, negative for groups and channels."""

    regex = f"-?{_ID}"

    def __init__(self, map: Map) -> None:
        super().__init__(map)
        self.signed = True


def init_app(app: Flask) -> None:
    app.url_map.converters.update(id=IdConverter, chat=ChatIdConverter, int=NumberConverter)
