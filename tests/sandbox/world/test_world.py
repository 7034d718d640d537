"""The bot is who its token says."""

import pytest

from appliance.sandbox.world.state import State
from appliance.sandbox.world.world import World


@pytest.mark.parametrize(("token", "bot_id"), [("100001:SANDBOX-x", 100001), ("5:SANDBOX", 5)])
def test_the_id_is_in_the_token(token, bot_id):
    assert World(token, State()).bot()["id"] == bot_id


def test_a_token_without_digits_has_an_id_too():
    first, second = World("SANDBOX", State()).bot_id, World("SANDBOX", State()).bot_id
    assert first == second > 0
