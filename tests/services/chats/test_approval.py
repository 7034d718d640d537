"""Who may be a destination."""

import pytest

from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.errors import Conflict, NotFound
from appliance.models import ChatStatus, ChatType
from appliance.services.chats import approval
from appliance.services.inbox import operators_group


@pytest.fixture
def session(database):
    with database.writing() as session:
        chats.remember(session, 1, first_name="Ann")
        chats.remember(session, -5, type=ChatType.CHANNEL, title="News")
        yield session


def test_yes_and_no(session):
    assert approval.decide(session, -5, True, None).approved
    assert not approval.decide(session, -5, False, None).approved


def test_people_need_no_leave(session):
    with pytest.raises(Conflict, match="1 is a person"):
        approval.decide(session, 1, True, None)
    with pytest.raises(NotFound):
        approval.decide(session, -99, True, None)


def test_where_the_bot_is_not(session):
    chats.set_status(session, -5, ChatStatus.LEFT)
    with pytest.raises(Conflict, match="not in News"):
        approval.decide(session, -5, True, None)
    assert not approval.decide(session, -5, False, None).approved


def test_a_group_that_is_refused_is_not_the_operators_any_more(session):
    settings.put_setting(session, settings.OPERATORS, {"chat_id": -5})
    approval.decide(session, -5, True, None)
    assert operators_group.chosen_group(session) is not None
    approval.decide(session, -5, False, None)
    assert operators_group.chosen_group(session) is None
