"""Broadcasts of the command line, as they are stored."""

from collections.abc import Callable

import pytest

from appliance.crud.broadcasts import broadcasts
from appliance.database import Database
from appliance.models import Broadcast


@pytest.fixture
def stored(database: Database) -> Callable[..., Broadcast]:
    """`stored(2)` is the second broadcast; `stored()` the first."""

    def stored(number: int = 1) -> Broadcast:
        with database.reading() as session:
            return broadcasts.get(session, number)

    return stored
