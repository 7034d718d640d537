"""/stats is for those who run the site."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.crud.chats.census import Census
from appliance.models import Broadcast, Chat, ChatType
from appliance.services.i18n.catalog import phrase

OLD = {**Census(members=70).as_dict(), "at": 0.0}


def test_strangers_do_not_learn_that_it_exists(desk):
    desk.say("/stats")
    desk.link("member")
    desk.clock.advance(timedelta(minutes=1))
    desk.say("/stats")
    assert desk.said() == [phrase("en", "unknown_command")] * 2


def test_a_disabled_account_is_nobody_s(desk):
    desk.say("/start")
    desk.link("admin")
    with desk.database.writing() as session:
        session.get(type(desk.chat()), 1001).user.disabled = True
    desk.say("/stats")
    assert desk.said()[-1] == phrase("en", "unknown_command")


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


def test_a_small_site_is_counted_at_once(desk):
    """Whatever the schedule part counted a while ago."""
    desk.say("/start")
    desk.link("admin")
    with desk.database.writing() as session:
        settings.put_setting(session, settings.CENSUS, OLD)
    desk.say("/stats")
    assert "Accounts: 1, linked" in desk.said()[-1]
    assert "as of" not in desk.said()[-1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(2026, 9, 1, 11, 57, tzinfo=UTC), "as of 11:57"),
        (datetime(2026, 8, 29, 9, 20, tzinfo=UTC), "as of 2026-08-29 09:20"),
    ],
)
def test_of_a_large_site_it_says_how_old_the_numbers_are(desk, at, shown):
    desk.say("/start")
    desk.link("admin")
    many = [{"id": number, "type": "private", "first_name": "P"} for number in range(5000, 25_000)]
    with desk.database.writing() as session:
        settings.put_setting(session, settings.CENSUS, {**OLD, "at": at.timestamp()})
        session.execute(insert(Chat), many)
    desk.say("/stats")
    assert f"People ({shown})\nAccounts: 70, linked" in desk.said()[-1]
