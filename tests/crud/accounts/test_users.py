"""Accounts in the database."""

import pytest

from appliance.crud.accounts import users
from appliance.crud.chats import chats
from appliance.errors import EmailTaken, NotFound
from appliance.models import MAX_ID, ChatStatus, Role


@pytest.fixture
def add(database):
    def add(email, name="Anna", role=Role.MEMBER):
        with database.writing() as session:
            return users.add(
                session, email=email, name=name, password_hash=None, role=role, language="en"
            ).id

    return add


def test_found_by_id_and_address(add, database):
    user_id = add("anna@example.org")
    with database.reading() as session:
        user = users.get(session, user_id)
        assert user.created_at.tzinfo is not None
        assert users.find(session, str(user_id)) is user
        assert users.find(session, " ANNA@example.org ") is user
        assert users.get_by_email(session, "anna@example.org") is user
        assert users.get_by_email(session, "nobody@example.org") is None


@pytest.mark.parametrize("user_id", [0, -1, 99, MAX_ID, MAX_ID + 1, 10**40])
def test_an_unknown_id_is_not_found(database, user_id):
    with database.reading() as session:
        with pytest.raises(NotFound):
            users.get(session, user_id)
        with pytest.raises(NotFound):
            users.find(session, str(user_id))


def test_an_address_belongs_to_one(add, database):
    add("anna@example.org")
    with pytest.raises(EmailTaken):
        add("anna@example.org")
    with database.reading() as session:
        assert users.count(session) == 1


def test_pages_newest_first(add, database):
    made = [add(f"p{number}@example.org") for number in range(5)]
    with database.reading() as session:
        first = [user.id for user in users.list_page(session, 2)]
        rest = [user.id for user in users.list_page(session, 10, before_id=first[-1])]
    assert first + rest == made[::-1]


def test_a_page_brings_the_chats(add, database):
    user_id = add("anna@example.org")
    with database.writing() as session:
        chats.remember(session, 7, first_name="Anna").user_id = user_id
    with database.reading() as session:
        (user,) = users.list_page(session, 10)
    assert user.chat.id == 7  # read with the page: the session is closed


def test_whom_the_bot_cannot_reach(add, database):
    alone = add("alone@example.org")
    made = {status: add(f"{status}@example.org") for status in ChatStatus}
    with database.writing() as session:
        for number, (status, user_id) in enumerate(made.items(), 1):
            chat = chats.remember(session, number)
            chat.user_id, chat.status = user_id, status
    reached = {made[ChatStatus.ACTIVE], made[ChatStatus.STOPPED]}
    everybody = {alone, *made.values()}
    with database.reading() as session:
        for reachable, expected in ((True, reached), (False, everybody - reached)):
            found = users.list_page(session, 10, reachable=reachable)
            assert {user.id for user in found} == expected


def test_search_by_a_part_of_the_address(add, database):
    add("a@example.org", "Анна")
    with database.reading() as session:
        assert len(users.list_page(session, 10, query="EXAMPLE")) == 1
        assert len(users.list_page(session, 10, query="%")) == 0


def test_admins_that_can_be_counted_on(add, database):
    admin = add("a@example.org", role=Role.ADMIN)
    disabled = add("b@example.org", role=Role.ADMIN)
    add("c@example.org")
    with database.writing() as session:
        users.get(session, disabled).disabled = True
    with database.reading() as session:
        assert [user.id for user in users.list_admins(session)] == [admin]


def test_names(add, database):
    user_id = add("a@example.org", "Anna")
    with database.reading() as session:
        assert users.names_of(session, [user_id, None, 99, user_id]) == {user_id: "Anna"}
        assert users.names_of(session, [None]) == {}
