"""Tokens through the API: made in a session, shown once, ended by whom they belong to."""

import pytest


def make(browser, name="disk", scopes=("notify",), **more):
    return browser.post("/tokens", {"name": name, "scopes": list(scopes), **more})


def names(browser):
    return [token["name"] for token in browser.get("/tokens").json["items"]]


def test_a_token_is_shown_once(member):
    response = make(member, expires_in_days=30)
    assert response.status_code == 201
    token = response.json.pop("token")
    assert token.startswith(response.json["hint"]) and len(token) == 44
    (listed,) = member.get("/tokens").json["items"]
    assert listed == {key: value for key, value in response.json.items() if key != "token"}
    assert (listed["scopes"], listed["user"]["name"]) == (["notify"], "Mila")
    assert listed["last_used_at"] is listed["revoked_at"] is None
    assert listed["expires_at"] > listed["created_at"]


def test_everybody_sees_his_own_and_admins_see_all(member, operator, admin):
    for browser, name in ((member, "m"), (operator, "o"), (admin, "a")):
        make(browser, name)
    assert (names(member), names(operator)) == (["m"], ["o"])
    assert names(admin) == ["a", "o", "m"]


def test_pages(member):
    for number in range(3):
        make(member, str(number))
    first = member.get("/tokens?limit=2").json
    assert [token["name"] for token in first["items"]] == ["2", "1"]
    rest = member.get(f"/tokens?limit=2&cursor={first['next_cursor']}").json
    assert [token["name"] for token in rest["items"]] == ["0"]
    assert rest["next_cursor"] is None


def test_a_revoked_one_ends_at_once(app, member):
    made = make(member, scopes=["read"]).json
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert app.test_client().get("/api/v1/users/me", headers=headers).status_code == 200
    for _ in range(2):
        assert member.delete(f"/tokens/{made['id']}").status_code == 204
    response = app.test_client().get("/api/v1/users/me", headers=headers)
    assert response.status_code == 401
    assert response.json["detail"] == "this token was revoked: make another one"
    assert member.get("/tokens").json["items"][0]["revoked_at"] is not None


def test_somebody_elses_is_not_there(member, operator, admin):
    number = make(member).json["id"]
    for token_id in (number, 77, 2**63):
        assert operator.delete(f"/tokens/{token_id}").status_code == 404
    assert admin.delete(f"/tokens/{number}").status_code == 204


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["root"]}, "scopes.0"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 10**9}, "expires_in_days"),
        ({"user": 1}, "user"),
    ],
)
def test_what_is_refused(member, change, field):
    response = make(member, **{"name": "x", "scopes": ["read"], **change})
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json["faults"]] == [field]


def test_a_token_makes_and_ends_no_token(app, admin, database):
    every = make(admin, scopes=["notify", "broadcasts", "inbox", "read"]).json
    client, headers = app.test_client(), {"Authorization": f"Bearer {every['token']}"}
    body = {"name": "more", "scopes": ["read"]}
    for response in (
        client.post("/api/v1/tokens", json=body, headers=headers),
        client.delete(f"/api/v1/tokens/{every['id']}", headers=headers),
    ):
        assert response.status_code == 403
        assert response.json["detail"] == "tokens cannot do this: log in on the site"
    assert client.get("/api/v1/tokens", headers=headers).status_code == 200


def test_nobody_without_a_login(browser):
    assert browser.get("/tokens").status_code == 401
