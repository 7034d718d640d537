"""A broadcast to three people, made and put into any state."""

import pytest

from appliance.crud.broadcasts import broadcasts as crud
from appliance.services import broadcasts
from appliance.services.broadcasts import NewBroadcast
from support.people import add_chats


@pytest.fixture
def people(database):
    with database.writing() as session:
        add_chats(session, 1, 2, 3, language="en")


@pytest.fixture
def create(database):
    def create(text="hello", **values):
        with database.writing() as session:
            values = {"to": ("all",), **values}
            return broadcasts.create(session, NewBroadcast(text, **values))

    return create


@pytest.fixture
def put(database):
    def put(number, **values):
        with database.writing() as session:
            row = crud.get(session, number)
            for name, value in values.items():
                setattr(row, name, value)

    return put
