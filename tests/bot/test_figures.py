"""/stats is for those who run the site."""

import pytest

from appliance.bot.texts import say
from appliance.crud import chats
from appliance.models import Broadcast, ChatType


def test_strangers_do_not_learn_that_it_exists(desk):
    desk.say("/stats")
    desk.link("member")
    desk.say("/stats")
    assert desk.said() == [say("en", "unknown_command")] * 2


def test_a_disabled_account_is_nobody_s(desk):
    desk.say("/start")
    desk.link("admin")
    with desk.database.writing() as session:
        session.get(type(desk.chat()), 1001).user.disabled = True
    desk.say("/stats")
    assert desk.said()[-1] == say("en", "unknown_command")


@pytest.mark.parametrize("role", ["operator", "admin"])
def test_people_and_broadcasts(desk, role):
    desk.say("/start")
    desk.link(role)
    desk.say("/stats")
    assert "Accounts: 1, linked to Telegram: 1" in desk.said()[-1]
    assert desk.said()[-1].endswith("No broadcast yet.")
    with desk.database.writing() as session:
        chats.remember(session, -5, type=ChatType.GROUP, title="Choir")
        session.add(
            Broadcast(
                text="<b>News</b> of\nthe & choir " * 9,
                status="done",
                audience={"to": ["all"], "not": []},
                total=3,
                sent=2,
            )
        )
    desk.say("/stats")
    said = desk.said()[-1]
    assert "waiting for approval: 1" in said
    assert "1 · done · 2 of 3 sent · <b>News</b> of the & choir" in said
