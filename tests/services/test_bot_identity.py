"""Who the bot is, before and after it told."""

import pytest

from appliance.crud import updates
from appliance.crud.settings import BOT, get_setting, put_setting
from appliance.models import utcnow
from appliance.services import bot_identity
from appliance.services.bot_identity import BotIdentity
from appliance.services.updates import receive


def test_nobody_knows_before_it_ran(database):
    with database.reading() as session:
        unknown = bot_identity.current(session)
    assert unknown == BotIdentity(0, None)
    assert not unknown.is_named("") and not unknown.is_named("club_bot")


def test_names_have_no_case():
    me = BotIdentity(1, "Club_Bot")
    assert me.is_named("club_BOT")
    assert not me.is_named("club")


@pytest.mark.parametrize(
    ("before", "fresh"), [(None, False), ({"id": 1}, False), ({"id": 2}, True)]
)
def test_another_bot_numbers_its_updates_anew(database, before, fresh):
    me = {"id": 1, "username": "club_bot", "name": "Club"}
    with database.writing() as session:
        if before:
            put_setting(session, BOT, before)
        assert receive(session, {"update_id": 5}, utcnow())
        updates.mark_handled(session, [row.seq for row in updates.take(session, 1)], utcnow())
        bot_identity.store(session, me)
        assert get_setting(session, BOT) == me
        assert bot_identity.current(session) == BotIdentity(1, "club_bot")
        assert receive(session, {"update_id": 5}, utcnow()) is fresh
