"""One search for chats, accounts and threads: in any case, in any alphabet, on both databases."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from appliance.crud import search
from appliance.crud.accounts import users
from appliance.crud.chats import chats
from appliance.crud.chats.chats import ChatFilter
from appliance.crud.messages import messages, threads
from appliance.crud.messages.threads import ThreadFilter
from appliance.models import Chat

SPELLINGS = ["петрова", "Петрова", "ПЕТРОВА", "пЕтРоВа", "етро", "PETROVA", "petrova", "pETRo"]


@pytest.fixture
def petrova(store, know, enrol):
    """Somebody with that name as a chat, as an account, and in what another person wrote."""
    know(1, last_name="Петрова", username="Petrova")
    user = enrol("anna")
    know(2, 3)
    with store.writing() as session:
        users.get(session, user).name = "Анна Петрова-Petrova"
        messages.record_incoming(session, 2, "Где же ПЕТРОВА? (petrova)", 5)
        for chat_id in (1, 2, 3):
            threads.ensure(session, chat_id)
    return user


@pytest.mark.parametrize("query", SPELLINGS)
def test_one_name_is_found_everywhere_in_any_case(store, petrova, query):
    with store.reading() as session:
        found = [chat.id for chat in chats.list_page(session, ChatFilter(query=query), 10)]
        assert found == [1]
        assert [user.id for user in users.list_page(session, 10, query=query)] == [petrova]
        page = threads.list_page(session, ThreadFilter(query=query), 10)
        assert sorted(row.chat.id for row in page) == [1, 2]


@pytest.mark.parametrize(
    ("name", "query", "found"),
    [
        ("Алёна", "алЁна", True),
        ("Алёна", "алена", False),  # ё is no е
        ("Алена", "алёна", False),
        ("анна Петрова", "Анна петрова", True),
        ("о'Генри", "О'генри", True),
        ("Müller", "MÜLL", True),
        ("Straße", "straße", True),
        ("ΣΟΦΟΣ", "σοφος", True),
        ("Дом [3] *", "дом [3] *", True),
        ("Дом 3", "дом [3]", False),
        ("Дома", "д?м", False),
        ("Дома", "д*а", False),
        ("Дома", "д.м", False),
        ("100 % да", "0 % Д", True),
        ("1000 да", "0 % Д", False),
        ("а_б", "А_Б", True),
        ("аxб", "А_Б", False),
        ("а\\б", "А\\Б", True),
    ],
)
def test_what_is_found_in_a_name(store, know, name, query, found):
    know(1, first_name=name)
    assert (_found(store, query) == [1]) is found


def test_an_id_is_found_and_what_is_none_is_not(store, know):
    know(51234, 7)
    with store.writing() as session:
        chats.remember(session, -1005, type="supergroup", title="Choir")

    def found(query):
        with store.reading() as session:
            return list(session.scalars(select(Chat.id).where(search.is_id(query, Chat.id))))

    assert (found("51234"), found("-1005"), found("5123")) == ([51234], [-1005], [])
    assert (found("9" * 19), found("٧"), found("7 ")) == ([], [], [])


def test_a_query_of_any_length_is_one(store, know):
    know(1)
    assert _found(store, "ж" * 100_000) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(alphabet="аБёЖяéÉøΣß*?[]^-\\.()|+{}%_ x1", min_size=1, max_size=8))
def test_every_name_is_found_by_itself_in_any_case(store, name):
    with store.writing() as session:
        chats.remember(session, 1, first_name=name)
    for query in (name, name.lower(), name.swapcase()):
        if len(query) == len(name):  # ß in capitals is two letters
            assert _found(store, query) == [1], query


def _found(store, query):
    with store.reading() as session:
        matches = search.contains(query, Chat.first_name)
        return list(session.scalars(select(Chat.id).where(matches)))
