"""Both databases for the tests of storage, and people to store."""

from datetime import UTC, datetime

import pytest

from appliance.database import Database
from appliance.models import Broadcast, Role
from support.people import add_chats, add_user

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.sqlite("the other one is PostgreSQL")),
        pytest.param("postgresql", marks=pytest.mark.slow),
    ]
)
def store(request):
    """An empty database: every test that takes it runs on SQLite and on PostgreSQL."""
    name = "database" if request.param == "sqlite" else "postgresql_database"
    database: Database = request.getfixturevalue(name)
    return database


@pytest.fixture
def know(store):
    """`know(1, 2, language="ru")`: active private chats with these ids."""

    def know(*chat_ids: int, **values: object) -> None:
        with store.writing() as session:
            add_chats(session, *chat_ids, **values)

    return know


@pytest.fixture
def enrol(store):
    """`enrol("ann", role=…)`: a user's id."""

    def enrol(name: str, role: Role = Role.MEMBER, disabled: bool = False) -> int:
        with store.writing() as session:
            return add_user(session, name, role, disabled=disabled).id

    return enrol


@pytest.fixture
def announce(store):
    """`announce(text=…)`: the id of a broadcast to everybody, with these values."""

    def announce(**values: object) -> int:
        values = {"text": "hello", "audience": {"to": ["all"], "not": []}, **values}
        with store.writing() as session:
            broadcast = Broadcast(**values)
            session.add(broadcast)
            session.flush()
            return broadcast.id

    return announce
