"""The operators' group: chosen, lost, and what becomes of its topics and of what waits for it."""

import pytest

from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.errors import Invalid
from appliance.models import DeliveryState, Role
from appliance.services.inbox import operators_group
from appliance.services.inbox.operators_group import Group

GROUP = -1005


def test_none_is_chosen_at_first(database):
    with database.reading() as session:
        assert operators_group.reachable_group(session) is None
        assert operators_group.chosen_group(session) is None


def test_another_group_has_no_topics_yet(database, know, group):
    group(topics=True)
    know(1)
    with database.writing() as session:
        chats.remember(session, -6, type="group", title="Other")
        threads.ensure(session, 1).group_topic_id = 44
        operators_group.set_group(session, Group(GROUP, True, "ru"))
        assert threads.topics_of(session, [1]) == {1: 44}
        operators_group.set_group(session, Group(-6))
        assert threads.topics_of(session, [1]) == {}
        assert operators_group.reachable_group(session) == Group(-6)
        operators_group.set_group(session, None)
        assert operators_group.chosen_group(session) is None


@pytest.mark.parametrize("chat_id", [1, 99, -9])
def test_only_groups_the_bot_is_in(database, know, chat_id):
    know(1)
    with database.writing() as session:
        chats.remember(session, -9, type="group", title="Left").status = "left"
        with pytest.raises(Invalid):
            operators_group.set_group(session, Group(chat_id))


def test_a_group_the_bot_left_gets_nothing(database, group):
    group()
    with database.writing() as session:
        assert operators_group.reachable_group(session) == Group(GROUP)
        chats.find(session, GROUP).status = "left"
        assert operators_group.reachable_group(session) is None
        assert operators_group.chosen_group(session) == Group(GROUP)


def test_topics_are_noticed(database, group):
    group()
    with database.writing() as session:
        operators_group.set_topics(session, Group(GROUP, False, "ru"))
        assert settings.get_setting(session, settings.OPERATORS) == {
            "chat_id": GROUP,
            "topics": True,
            "language": "ru",
            "topics_off": False,
        }


def test_a_group_that_is_lost_is_chosen_no_more_and_admins_are_told(
    database, group, know, enrol, queued
):
    group()
    know(1)
    for number, (name, role) in enumerate([("ada", Role.ADMIN), ("olga", Role.OPERATOR)], 11):
        know(number, user_id=enrol(name, role), language="ru")
    with database.writing() as session:
        messages.queue(session, GROUP, "sendMessage", {}, text="private", about_chat_id=1)
        operators_group.lose_group(session, -6)
        assert operators_group.chosen_group(session) == Group(GROUP)
        for _ in range(2):
            operators_group.lose_group(session, GROUP)
        assert operators_group.chosen_group(session) is None
    assert [row.text for row in queued(11)] == [
        "⚠️ «Desk» больше не группа операторов: меня оттуда удалили, мне нельзя там писать или"
        " группу не одобрили. То, что мне пишут, теперь видно только на сайте. Чтобы снова выбрать"
        " эту группу, администратор сайта отправляет в ней /operators."
    ]
    assert queued(12) == []
    (copy,) = queued(GROUP)
    assert (copy.state, copy.reason) == (DeliveryState.FAILED, "group_changed")


def test_copies_that_wait_do_not_go_to_a_former_group(database, group, know, queued):
    group()
    know(1)
    with database.writing() as session:
        messages.queue(session, GROUP, "sendMessage", {}, text="private", about_chat_id=1)
        messages.queue(session, GROUP, "sendMessage", {}, text="a broadcast's, say")
        operators_group.set_group(session, None)
    assert [row.state for row in queued(GROUP)] == [DeliveryState.FAILED, DeliveryState.PENDING]


def test_topics_that_are_off_are_remembered(database, group):
    group(topics=True)
    with database.writing() as session:
        operators_group.refuse_topics(session, operators_group.chosen_group(session))
        assert operators_group.chosen_group(session) == Group(GROUP, topics=False, topics_off=True)
