"""Ids in an address. What cannot be an id matches no route, and so is 404."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from appliance.models import MAX_ID


class IdConverter(IntegerConverter):
    """A row's id, up to 2**63-1: a database would answer a larger one with an overflow."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=1, max=MAX_ID)


class ChatIdConverter(IntegerConverter):
    """A chat's id, negative for groups and channels."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=-MAX_ID, max=MAX_ID, signed=True)


def init_app(app: Flask) -> None:
    app.url_map.converters.update(id=IdConverter, chat=ChatIdConverter)
