"""Chats for operators and admins."""

import pytest

from appliance.crud.chats import chats
from appliance.models import MAX_ID, ChatStatus, ChatType


@pytest.fixture
def known(database, make_user):
    """A group, a linked person, a person who blocked the bot."""
    user_id = make_user("anna")
    with database.writing() as session:
        chats.remember(session, -100200, type=ChatType.SUPERGROUP, title="Choir")
        chats.remember(session, 7, first_name="Anna", username="anna", language="ru")
        chats.get(session, 7).user_id = user_id
        chats.remember(session, 8, first_name="Boris")
        chats.set_status(session, 8, ChatStatus.BLOCKED)
    return user_id


def test_one_chat(operator, known):
    chat = operator.get("/chats/7").json
    assert chat.pop("created_at").endswith("Z")
    assert chat == {
        "id": 7,
        "type": "private",
        "status": "active",
        "name": "Anna",
        "username": "anna",
        "language": "ru",
        "approved": False,
        "banned": False,
        "user": {"id": known, "name": "Anna", "email": "anna@example.org"},
    }
    assert operator.get("/chats/-100200").json["name"] == "Choir"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [-100200, 7, 8]),
        ("status=unreachable", [8]),
        ("type=group", [-100200]),
        ("type=channel", []),
        ("approved=true", []),
        ("q=ann", [7]),
        ("q=@anna", [7]),
        ("q=-100200", [-100200]),
        ("status=blocked", [8]),
        ("linked=true", [7]),
        ("linked=false&status=active", [-100200]),
        ("q=nobody", []),
    ],
)
def test_lists_are_narrowed(operator, known, query, ids):
    page = operator.get(f"/chats?{query}").json
    assert [chat["id"] for chat in page["items"]] == ids
    assert page["next_cursor"] is None


def test_pages_begin_below_zero(operator, known):
    first = operator.get("/chats?limit=1").json
    rest = operator.get(f"/chats?cursor={first['next_cursor']}").json
    assert [chat["id"] for chat in first["items"] + rest["items"]] == [-100200, 7, 8]


@pytest.mark.parametrize("query", ["status=happy", "linked=perhaps", "limit=1000", "page=2"])
def test_bad_queries(operator, query):
    assert operator.get(f"/chats?{query}").status_code == 422


@pytest.mark.parametrize("chat_id", ["0", "99", str(MAX_ID), f"-{MAX_ID + 2}", "9" * 30, "x"])
def test_an_unknown_chat_is_404(operator, chat_id):
    assert operator.get(f"/chats/{chat_id}").status_code == 404


def test_who_may_look(app, member):
    for path in ("/chats", "/chats/7"):
        assert member.get(path).status_code == 403
        assert app.test_client().get(f"/api/v1{path}").status_code == 401


def test_an_admin_makes_a_group_a_destination(admin, operator, known):
    url = "/chats/-100200"
    assert operator.patch(url, {"approved": True}).status_code == 403
    answer = admin.patch(url, {"approved": True})
    assert (answer.status_code, answer.json["approved"]) == (200, True)
    assert admin.get("/chats?approved=true").json["items"][0]["id"] == -100200
    assert admin.patch(url, {"approved": False}).json["approved"] is False


def test_a_person_is_not_approved(admin, known):
    assert admin.patch("/chats/7", {"approved": True}).status_code == 409
    assert admin.patch("/chats/99", {"approved": True}).status_code == 404
    assert admin.patch("/chats/7", {"approved": "yes"}).status_code == 422


def test_where_the_bot_is_no_more(admin, known, database):
    with database.writing() as session:
        chats.set_status(session, -100200, ChatStatus.LEFT)
    answer = admin.patch("/chats/-100200", {"approved": True})
    assert answer.status_code == 409
    assert "Choir" in answer.json["detail"]
