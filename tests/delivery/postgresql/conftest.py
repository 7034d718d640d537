"""The engine on PostgreSQL, where writers do not wait for each other."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text


@pytest.fixture
def database(postgresql_database):
    return postgresql_database


@pytest.fixture
def elsewhere():
    with ThreadPoolExecutor(1) as elsewhere:
        yield elsewhere


@pytest.fixture
def somebody_waits(database):
    """`somebody_waits()`: whether a transaction waits for another's lock."""

    def somebody_waits():
        with database.reading() as session:
            return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))

    return somebody_waits
