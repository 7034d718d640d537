"""Broadcasts of the command line, as they are stored."""

import pytest

from appliance.crud.broadcasts import broadcasts


@pytest.fixture
def stored(database):
    """`stored(2)` is the second broadcast; `stored()` the first."""

    def stored(number=1):
        with database.reading() as session:
            return broadcasts.get(session, number)

    return stored
