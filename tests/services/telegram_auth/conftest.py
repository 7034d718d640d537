import pytest

from appliance.crud import settings
from appliance.crud.chats import chats
from support.linking import ANNA, BORIS, add_account


@pytest.fixture
def anna(database):
    """A user; with the chats of Anna, who speaks Russian, and Boris, none of them linked."""
    with database.writing() as session:
        settings.put_setting(session, settings.BOT, {"id": 1, "username": "club_bot"})
        chats.remember(session, ANNA, first_name="Анна", language="ru")
        chats.remember(session, BORIS, first_name="Boris")
    return add_account(database, "Anna <Site>")
