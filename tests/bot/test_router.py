"""A name has one handler."""

import pytest

from appliance.bot.router import Router


def test_a_second_handler_is_a_mistake():
    router = Router()
    router.command("start", lambda context, argument: None)
    router.button("start", lambda context, press: None)
    with pytest.raises(ValueError, match="/start"):
        router.command("start", lambda context, argument: None)
    with pytest.raises(ValueError, match="start"):
        router.button("start", lambda context, press: None)
