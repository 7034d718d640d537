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
    router.dialog("start", lambda context, message: True)
    with pytest.raises(ValueError, match="start"):
        router.dialog("start", lambda context, message: True)


def test_few_buttons_are_for_groups():
    router = Router()
    router.button("a", lambda context, press: None)
    router.button("b", lambda context, press: None, shared=True)
    assert router.shared == {"b"}
