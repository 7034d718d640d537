"""One's own profile, and people for operators and admins."""

import pytest

from appliance.crud.chats import chats
from appliance.models import MAX_ID

PASSWORD = "correct horse battery"


def test_profile_is_shown_and_changed(member):
    assert member.get("/users/me").json["role"] == "member"
    response = member.patch("/users/me", {"name": "Мила", "language": "ru"})
    assert response.status_code == 200
    assert (response.json["name"], response.json["language"]) == ("Мила", "ru")
    assert member.get("/users/me").json == response.json


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"language": "xx"}, {"role": "admin"}, {"name": None, "x": 1}, [], 7]
)
def test_bad_profiles_change_nothing(member, body):
    before = member.get("/users/me").json
    assert member.patch("/users/me", body).status_code == 422
    assert member.get("/users/me").json == before


def test_a_new_password_ends_other_sessions(app, member):
    other = type(member)(app)
    other.log_in("mila@example.org")
    body = {"current_password": PASSWORD, "new_password": "another long one"}
    assert member.post("/users/me/password", body).status_code == 204
    assert member.get("/users/me").status_code == 200
    assert other.get("/users/me").status_code == 401
    other.token = None
    assert other.log_in("mila@example.org").status_code == 401
    assert other.log_in("mila@example.org", "another long one").status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [("wrong", "another long one", "current_password"), (PASSWORD, "short", "new_password")],
)
def test_a_password_is_not_changed(member, current, new, field):
    body = {"current_password": current, "new_password": new}
    response = member.post("/users/me/password", body)
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json["faults"]] == [field]


def test_a_stolen_session_cannot_guess_the_password(member):
    body = {"current_password": "a guess", "new_password": "another long one"}
    codes = [member.post("/users/me/password", body).status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]


def test_people_come_in_pages_newest_first(operator, make_user):
    made = [make_user(f"person{n}") for n in range(7)]
    walked, cursor = [], None
    while True:
        suffix = f"&cursor={cursor}" if cursor else ""
        page = operator.get(f"/users?limit=3{suffix}").json
        assert len(page["items"]) <= 3
        walked += [user["id"] for user in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert walked == sorted(walked, reverse=True)
    assert set(made) < set(walked) and len(set(walked)) == len(walked) == 8


def test_people_are_found_by_name_and_address(operator, make_user):
    make_user("анна")
    make_user("boris")
    for words, names in {
        "АННА": ["Анна"],
        "нн": ["Анна"],
        "BORIS@": ["Boris"],
        "%": [],
        "nobody": [],
    }.items():
        found = operator.get("/users", query_string={"q": words}).json["items"]
        assert [user["name"] for user in found] == names, words


def test_members_without_reachable_telegram(operator, make_user, database):
    alone, linked = make_user("alone"), make_user("linked")
    with database.writing() as session:
        chats.remember(session, 7).user_id = linked

    def found(reachable):
        page = operator.get(f"/users?reachable={reachable}&limit=200").json
        return {user["id"] for user in page["items"]}

    assert alone in found("false") and linked not in found("false")
    assert found("true") == {linked}


@pytest.mark.parametrize(
    "query", ["reachable=x", "limit=0", "limit=201", "limit=x", "cursor=abc", "nonsense=1"]
)
def test_bad_queries_are_refused(operator, query):
    response = operator.get(f"/users?{query}")
    assert response.status_code == 422
    assert response.json["faults"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "user_id", ["0", "4711", str(MAX_ID), str(MAX_ID + 1), "9" * 40, "-1", "x"]
)
def test_an_unknown_user_is_404(operator, user_id):
    response = operator.get(f"/users/{user_id}")
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


def test_one_person_with_a_chat(operator, make_user, database):
    user_id = make_user("anna")
    with database.writing() as session:
        chats.remember(session, 5001, first_name="Anna", username="anna").user_id = user_id
    assert operator.get(f"/users/{user_id}").json["chat"] == {
        "id": 5001,
        "type": "private",
        "name": "Anna",
        "username": "anna",
        "status": "active",
    }


def test_an_admin_changes_a_role_at_once(admin, app, member):
    user_id = member.get("/users/me").json["id"]
    assert member.get("/users").status_code == 403
    response = admin.patch(f"/users/{user_id}", {"role": "operator"})
    assert response.json["role"] == "operator"
    assert member.get("/users").status_code == 200


@pytest.mark.parametrize("change", [{"role": "member"}, {"disabled": True}])
def test_nobody_takes_away_their_own_access(admin, make_user, change):
    make_user("second", "admin")
    me = admin.get("/users/me").json["id"]
    assert admin.patch(f"/users/{me}", change).status_code == 409
    assert admin.get("/users/me").json["role"] == "admin"


@pytest.mark.parametrize(
    "body", [{"role": "king"}, {"disabled": 1}, {"disabled": "true"}, {"email": "x@y"}, {"role": 1}]
)
def test_bad_changes_of_access_are_refused(admin, make_user, body):
    assert admin.patch(f"/users/{make_user('anna')}", body).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/me"),
        ("PATCH", "/users/me"),
        ("POST", "/users/me/password"),
        ("GET", "/users"),
        ("GET", "/users/1"),
        ("PATCH", "/users/1"),
    ],
)
def test_nobody_is_401(app, method, path):
    response = app.test_client().open(f"/api/v1{path}", method=method, json={})
    assert response.status_code == 401


def test_roles(member, operator):
    assert member.get("/users").status_code == 403
    assert member.get("/users/1").status_code == 403
    assert operator.patch("/users/1", {"role": "admin"}).status_code == 403
    assert member.patch("/users/1", {"role": "admin"}).status_code == 403
