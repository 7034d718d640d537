"""Topics over HTTP: admins make them, members choose."""

import pytest

from appliance.crud.accounts import users
from appliance.crud.chats import chats


@pytest.fixture
def news(admin):
    body = {"name": "news", "title": "News", "title_ru": "Новости"}
    return admin.post("/topics", body).json["id"]


@pytest.fixture
def linked(member, database):
    """The member has a chat."""
    with database.writing() as session:
        chats.remember(session, 7).user_id = users.get_by_email(session, "mila@example.org").id
    return member


def test_a_topic_is_made_and_listed(admin, member, news):
    made = admin.post("/topics", {"name": "choir", "default_on": False})
    assert made.status_code == 201
    assert made.json["title"] == "choir"
    assert member.get("/topics").json == {
        "items": [
            made.json,
            {
                "id": news,
                "name": "news",
                "title": "News",
                "title_ru": "Новости",
                "default_on": True,
            },
        ]
    }


def test_a_taken_name_is_409(admin, news):
    assert admin.post("/topics", {"name": "news"}).status_code == 409
    assert len(admin.get("/topics").json["items"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "News"}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x" * 33}, "name"),
        ({"name": "x", "title": "t" * 101}, "title"),
        ({"name": "x", "title_ru": "t" * 101}, "title_ru"),
        ({"name": "x", "default_on": 1}, "default_on"),
        ({"name": "x", "colour": "red"}, "colour"),
    ],
)
def test_faults_have_their_place(admin, body, field):
    response = admin.post("/topics", body)
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json["faults"]] == [field]


def test_deleted(admin, news):
    assert admin.delete("/topics/news").status_code == 204
    assert admin.delete("/topics/news").status_code == 404
    assert admin.get("/topics").json == {"items": []}


@pytest.mark.parametrize("name", ["%00", "%FF", "%D1%85", "x" * 300])
def test_strange_names_are_404(admin, name):
    assert admin.delete(f"/topics/{name}").status_code == 404


def test_a_topic_in_use_is_409(admin, news, database):
    with database.writing() as session:
        chats.remember(session, 7)
    body = {"text": "hello", "audience": {"to": ["topic:news"]}}
    number = admin.post("/broadcasts", body).json["id"]
    assert admin.delete("/topics/news").status_code == 409
    admin.post(f"/broadcasts/{number}/cancel")
    assert admin.delete("/topics/news").status_code == 204


def test_a_member_chooses(admin, linked, news):
    admin.post("/topics", {"name": "choir", "default_on": False})
    shown = linked.get("/users/me/topics").json
    assert shown["linked"] is True
    assert [(item["name"], item["subscribed"]) for item in shown["items"]] == [
        ("choir", False),
        ("news", True),
    ]
    chosen = linked.write("PUT", "/users/me/topics", {"topics": {"news": False}})
    assert chosen.status_code == 200
    assert chosen.json["items"][1] == {
        "name": "news",
        "title": "News",
        "title_ru": "Новости",
        "subscribed": False,
    }
    assert linked.get("/users/me/topics").json == chosen.json
    preview = {"text": "x", "audience": {"to": ["all", "topic:news"]}}
    assert admin.post("/broadcasts/preview", preview).json["count"] == 0


def test_without_a_chat_there_is_nothing_to_choose(member, news):
    assert member.get("/users/me/topics").json == {"linked": False, "items": []}
    response = member.write("PUT", "/users/me/topics", {"topics": {"news": False}})
    assert response.status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"topics": {"opera": True}}, 404),
        ({"topics": {"news": "yes"}}, 422),
        ({"topics": {"n" * 33: True}}, 422),
        ({"topics": []}, 422),
        ({}, 422),
    ],
)
def test_wrong_choices(linked, news, body, status):
    assert linked.write("PUT", "/users/me/topics", body).status_code == status


def test_who_may(browser, member, operator, news):
    assert browser.get("/topics").status_code == 401
    assert browser.get("/users/me/topics").status_code == 401
    for somebody in (member, operator):
        assert somebody.get("/topics").status_code == 200
        assert somebody.post("/topics", {"name": "x"}).status_code == 403
        assert somebody.delete("/topics/news").status_code == 403
