"""A home on PostgreSQL, and engines that share it."""

import pytest

from appliance import config, env_file
from appliance.database import Database
from support.nodes import Node


@pytest.fixture
def address(make_postgresql, migrated_postgresql):
    """Of the database of the home, at the newest schema and empty."""
    return make_postgresql(template=migrated_postgresql)


@pytest.fixture
def database(home, address):
    url = address
    env_file.write(home / ".env", config.read_values(home, {}) | {"DATABASE_URL": url})
    database = Database(url)
    yield database
    database.dispose()


@pytest.fixture
def node(processes, database):
    """`node("first")`: an engine that runs, or stands by."""
    made = []

    def node(name, **options):
        made.append(Node(name, processes, database, **options))
        return made[-1]

    yield node
    for one in made:
        one.close()
