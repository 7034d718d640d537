"""Everybody is counted once."""

from appliance.crud.chats import census
from appliance.crud.chats.census import Census
from appliance.models import ChatStatus, ChatType


def test_an_empty_site(store):
    with store.reading() as session:
        assert census.take(session) == Census()


def test_a_town(store, know, enrol):
    know(1, user_id=enrol("ann"))
    know(2, 3)
    know(4, status=ChatStatus.STOPPED)
    know(5, status=ChatStatus.BLOCKED, user_id=enrol("bob"))
    know(6, status=ChatStatus.NEW, user_id=enrol("eve"))
    know(-1, -2, type=ChatType.GROUP, approved=True)
    know(-3, type=ChatType.CHANNEL)
    know(-4, type=ChatType.GROUP, status=ChatStatus.LEFT)
    enrol("zoe")
    with store.reading() as session:
        assert census.take(session).as_dict() == {
            "members": 4,
            "linked": 3,
            "reachable": 3,
            "stopped": 1,
            "unreachable": 1,
            "groups": 2,
            "waiting": 1,
        }


def test_whether_it_is_quickly_taken(store, know):
    know(1, 2)
    with store.reading() as session:
        assert [census.is_small(session, limit) for limit in (1, 2, 3)] == [False, False, True]
