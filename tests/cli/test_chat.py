"""`appliance chat list`"""

import pytest

from appliance.crud import chats
from appliance.models import ChatStatus


@pytest.fixture
def town(database):
    with database.writing() as session:
        chats.remember(session, 1, first_name="Ann", username="ann", language="ru")
        chats.remember(session, -5, type="group", title="Choir")
        chats.set_status(session, -5, ChatStatus.LEFT)


def test_the_shape(town, answer):
    assert answer("chat", "list", "--status", "active") == [
        {
            "chat_id": 1,
            "type": "private",
            "status": "active",
            "user_id": None,
            "name": "Ann",
            "username": "ann",
            "language": "ru",
        }
    ]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ([], [-5, 1]),
        (["--limit", 1], [-5]),
        (["--status", "left"], [-5]),
        (["--linked"], []),
        (["--unlinked"], [-5, 1]),
        (["--search", "choir"], [-5]),
        (["--search", "-5"], [-5]),
    ],
)
def test_narrowed(town, answer, words, ids):
    assert [chat["chat_id"] for chat in answer("chat", "list", *words)] == ids


def test_for_people(town, invoke, database):
    assert invoke("chat", "list").stdout.splitlines() == [
        "             -5  group      left     Choir",
        "              1  private    active   Ann",
    ]
    assert invoke("chat", "list", "--linked").stdout == "No chat.\n"
