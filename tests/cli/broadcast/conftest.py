"""Broadcasts of the command line, as they are stored."""

import pytest

from appliance.models import Broadcast
from support.stored import find_row


@pytest.fixture
def stored(database):
    """`stored(2)` is the second broadcast; `stored()` the first."""
    return lambda number=1: find_row(database, Broadcast, number)


@pytest.fixture(autouse=True)
def sends(something_sends):
    """What is queued leaves, so that commands end with 0."""
