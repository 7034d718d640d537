"""What an organisation decides about its inbox."""

import pytest

from appliance.crud import chats, settings, threads
from appliance.errors import Invalid
from appliance.services.conversations import options
from appliance.services.conversations.options import Group, Options

GROUP = -1005


def test_nothing_is_chosen_at_first(database):
    with database.reading() as session:
        assert options.options(session) == Options(None, {"en": "", "ru": ""})
        assert options.operators_group(session) is options.chosen_group(session) is None


def test_choices_are_kept_tidily(database):
    with database.writing() as session:
        chosen = Options("mon 9:00-10:00", {"en": " Closed ", "xx": "?"})
        kept = options.set_options(session, chosen)
    assert kept == Options("Mon 09:00-10:00", {"en": "Closed", "ru": ""})
    with database.reading() as session:
        assert options.options(session) == kept


def test_another_group_has_no_topics_yet(database, know, group):
    group(topics=True)
    know(1)
    with database.writing() as session:
        chats.remember(session, -6, type="group", title="Other")
        threads.ensure(session, 1).group_topic_id = 44
        options.set_group(session, Group(GROUP, True, "ru"))
        assert threads.topics_of(session, [1]) == {1: 44}
        options.set_group(session, Group(-6))
        assert threads.topics_of(session, [1]) == {}
        assert options.operators_group(session) == Group(-6)
        options.set_group(session, None)
        assert options.chosen_group(session) is None


@pytest.mark.parametrize("chat_id", [1, 99, -9])
def test_only_groups_the_bot_is_in(database, know, chat_id):
    know(1)
    with database.writing() as session:
        chats.remember(session, -9, type="group", title="Left").status = "left"
        with pytest.raises(Invalid):
            options.set_group(session, Group(chat_id))


def test_a_group_the_bot_left_gets_nothing(database, group):
    group()
    with database.writing() as session:
        assert options.operators_group(session) == Group(GROUP)
        chats.find(session, GROUP).status = "left"
        assert options.operators_group(session) is None
        assert options.chosen_group(session) == Group(GROUP)


def test_topics_are_noticed(database, group):
    group()
    with database.writing() as session:
        options.set_topics(session, Group(GROUP, False, "ru"), True)
        assert settings.get_setting(session, settings.OPERATORS) == {
            "chat_id": GROUP,
            "topics": True,
            "language": "ru",
        }
