"""Menus of commands: what fits Telegram, and when a chat's own is sent."""

import pytest

from appliance.bot.handlers import build_router
from appliance.crud.chats import chats
from appliance.languages import LANGUAGES
from appliance.models import Message, Role, utcnow
from appliance.services import telegram_auth
from appliance.services.accounts import users as account_users
from appliance.services.chats import command_menu
from support.people import add_user

NOW = utcnow()


@pytest.fixture
def sent(database):
    """The names in each menu that waits to be sent, in order."""

    def sent():
        with database.reading() as session:
            rows = session.query(Message).filter_by(method="setMyCommands").order_by(Message.id)
            assert {row.visible for row in rows} <= {False}
            return [[one["command"] for one in row.params["commands"]] for row in rows]

    return sent


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_described(language):
    known = build_router().commands.keys()
    assert known == {
        *command_menu.commands_for(Role.ADMIN),
        *command_menu.GROUPS,
        *command_menu.GROUP_ADMINS,
    }
    texts = command_menu.descriptions(language, known)
    assert all(1 <= len(text) <= 256 for text in texts.values())


def test_a_link_and_its_end_are_seen_in_the_menu(database, sent):
    with database.writing() as session:
        boss = add_user(session, "Boss", Role.ADMIN, language="ru")
        member = add_user(session, "Mila", language="ru")
        for chat_id, user in ((1, boss), (2, member)):
            telegram_auth.link(session, chats.remember(session, chat_id), user, NOW)
    assert sent() == [list(command_menu.commands_for(Role.ADMIN))]
    with database.writing() as session:
        telegram_auth.unlink(session, NOW, chat_id=1)
        telegram_auth.unlink(session, NOW, chat_id=2)
    assert sent()[1:] == [list(command_menu.PEOPLE)]


def test_a_role_brings_its_commands(database, sent):
    with database.writing() as session:
        add_user(session, "Boss", Role.ADMIN, language="ru")
        member = add_user(session, "Mila", language="ru")
        telegram_auth.link(session, chats.remember(session, 2), member, NOW)
        account_users.update_access(session, member.id, None, role=Role.OPERATOR)
        account_users.update_access(session, member.id, None, role=Role.OPERATOR)
        account_users.update_access(session, member.id, None, disabled=True)
    assert sent() == [[*command_menu.PEOPLE, "stats"], list(command_menu.PEOPLE)]
    with database.reading() as session:
        row = session.query(Message).filter_by(method="setMyCommands").first()
        assert row.params["scope"] == {"type": "chat", "chat_id": 2}
        assert row.params["commands"][0]["description"] == "Привязать чат к учётной записи"
