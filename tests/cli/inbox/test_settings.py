"""`appliance inbox group|hours`"""

import pytest

from appliance.crud.chats import chats


@pytest.fixture(autouse=True)
def people(database, known):
    """Chats 1 to 3 and a group."""
    with database.writing() as session:
        chats.remember(session, -5, type="supergroup", title="Desk")


def test_the_group(answer, invoke, refused):
    assert answer("inbox", "group") == {"chat_id": None}
    chosen = {"chat_id": -5, "topics": True, "language": "en", "topics_off": False}
    assert invoke("inbox", "group", "--topics", "--", -5).stdout == "Group -5, with topics.\n"
    assert answer("inbox", "group") == chosen
    off = {**chosen, "topics": False, "topics_off": True}
    assert answer("inbox", "group", "--no-topics") == off
    assert answer("inbox", "group", "--topics") == chosen
    assert "is not in the group 1" in refused(invoke("inbox", "group", 1), 2)
    assert invoke("inbox", "group", "--off").stdout == "No operators' group.\n"


def test_the_hours(answer, invoke, refused):
    assert invoke("inbox", "hours").stdout == "Always.\n"
    done = answer("inbox", "hours", "mon-fri 9:00-18:00", "--reply-en", "Closed")
    assert done == {"hours": "Mon-Fri 09:00-18:00", "auto_reply": {"en": "Closed", "ru": ""}}
    answer("inbox", "hours", "--reply-ru", "Закрыто")
    assert invoke("inbox", "hours").stdout.splitlines() == [
        "Mon-Fri 09:00-18:00",
        "en: Closed",
        "ru: Закрыто",
    ]
    assert answer("inbox", "hours", "--always")["hours"] is None
    assert "invalid opening hours 'soon'" in refused(invoke("inbox", "hours", "soon"), 2)
