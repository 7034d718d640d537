"""The web inbox over HTTP."""

import pytest

from appliance.crud.chats import chats
from appliance.crud.messages import messages


@pytest.fixture
def talk(member, database):
    """Five lines said in the chat of `member`, and one in somebody else's."""
    user_id = member.get("/users/me").json["id"]
    with database.writing() as session:
        chats.remember(session, 7, first_name="Mila").user_id = user_id
        chats.remember(session, 8, first_name="Other")
        for number in range(5):
            messages.record_incoming(session, 7, f"line {number} <b>", number)
        messages.record_incoming(session, 8, "not yours", 1)


def test_nothing_without_a_chat(member):
    assert member.get("/messages").json == {"items": [], "next_cursor": None}


def test_newest_first_and_safe_to_show(member, talk):
    items = member.get("/messages").json["items"]
    assert [item["text"] for item in items] == [f"line {n} <b>" for n in (4, 3, 2, 1, 0)]
    assert items[0]["html"] == "line 4 &lt;b&gt;"
    assert items[0]["kind"] == "in" and items[0]["state"] is None
    assert items[0]["at"].endswith("Z")


def test_pages_are_walked_once(member, talk):
    texts, cursor = [], ""
    while cursor is not None:
        page = member.get(f"/messages?limit=2{f'&cursor={cursor}' if cursor else ''}").json
        texts += [item["text"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert texts == [f"line {n} <b>" for n in (4, 3, 2, 1, 0)]


def test_a_cursor_is_one_persons(member, operator, talk):
    cursor = member.get("/messages?limit=2").json["next_cursor"]
    assert operator.get(f"/messages?cursor={cursor}").status_code == 422


def test_nobody_is_401(app):
    assert app.test_client().get("/api/v1/messages").status_code == 401
