"""`appliance inbox assign|note|label|close|ban`"""

import pytest

from appliance.crud.chats import chats
from support.people import add_user


@pytest.fixture(autouse=True)
def people(database, known):
    """Chats 1 to 3, a group, an operator and a member."""
    with database.writing() as session:
        chats.remember(session, -5, type="supergroup", title="Desk")
        add_user(session, "Olga", "operator")
        add_user(session, "Mila")


def test_assigning(answer, invoke, refused):
    done = answer("inbox", "assign", 1, "olga@example.org")
    assert done == {"chat_id": 1, "assigned": "Olga"}
    assert invoke("inbox", "assign", 1, "--nobody").stdout == "Thread 1: nobody.\n"
    assert "Mila is not an operator" in refused(invoke("inbox", "assign", 1, "mila@example.org"), 2)
    assert invoke("inbox", "assign", 1).exit_code == 2


def test_notes_and_labels(answer, invoke, refused):
    assert answer("inbox", "note", 1, " bass ", "--as", "olga@example.org")["text"] == "bass"
    assert answer("inbox", "label", 1, "a", " b  c ", "a")["labels"] == ["a", "b c"]
    assert invoke("inbox", "label", 1, "--clear").stdout == "Thread 1: no label.\n"
    assert invoke("inbox", "label", 1).exit_code == 2
    assert "up to 20 labels" in refused(invoke("inbox", "label", 1, *range(21)), 2)
    assert "the note is empty" in refused(invoke("inbox", "note", 1, " "), 2)


def test_closing(answer, invoke):
    done = answer("inbox", "close", 1, 2)
    assert done == [{"chat_id": 1, "status": "closed"}, {"chat_id": 2, "status": "closed"}]
    assert invoke("inbox", "close", 1, "--reopen").stdout == "Thread 1 is open.\n"
    assert [doc["chat_id"] for doc in answer("inbox", "list")] == [1]


def test_closing_is_all_or_nothing(answer, invoke, refused):
    answer("inbox", "close", 1, "--reopen")
    refused(invoke("inbox", "close", 1, 99), 2)
    assert [doc["chat_id"] for doc in answer("inbox", "list")] == [1]


def test_banning(answer, invoke):
    assert answer("inbox", "ban", 1) == {"chat_id": 1, "banned": True}
    assert invoke("inbox", "ban", 1, "--off").stdout == "Person 1 is heard again.\n"
