"""Which credentials count, and what a write takes."""

from appliance.crud import users
from appliance.routers.sessions import Visitor


def test_a_write_without_the_token_is_refused(member):
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": "ä"}):
        response = member.client.patch("/api/v1/users/me", json={"name": "X"}, headers=headers)
        assert response.status_code == 403
        assert "X-CSRF-Token" in response.json["detail"]
    assert member.get("/users/me").json["name"] == "Mila"


def test_every_write_of_the_api_takes_the_token(app, admin):
    writes = [
        (method, rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"GET", "HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    ]
    assert len(writes) > 10
    for method, rule in writes:
        path = rule.build(_example(rule), append_unknown=False)[1]
        assert admin.client.open(path, method=method).status_code == 403, (method, path)


def _example(rule):
    words = {"action": "start", "what": "stats"}
    return {name: words.get(name, 1) for name in rule.arguments}


def test_the_token_of_another_session_is_refused(app, member, operator):
    member.token = operator.token
    assert member.patch("/users/me", {"name": "X"}).status_code == 403


def test_an_authorization_header_is_all_that_counts(member):
    for value in ("Bearer nothing", "Basic YTpi", ""):
        response = member.get("/users/me", headers={"Authorization": value})
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_forged_cookie_is_nobody(browser, make_user):
    make_user("anna")
    browser.client.set_cookie("session", "eyJfdXNlcl9pZCI6IjEuMCJ9.forged.signature")
    assert browser.get("/users/me").status_code == 401


def test_a_session_of_a_user_who_is_gone_is_nobody(browser):
    for visitor in ("77.0", "x.0", "", "99999999999999999999.0"):
        with browser.client.session_transaction() as session:
            session["_user_id"] = visitor
        assert browser.get("/users/me").status_code == 401


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser):
    cookie = browser.get("/session").headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie


def test_a_visitor_carries_the_version_of_the_session(make_user, database):
    user_id = make_user("anna")
    with database.reading() as session:
        assert Visitor(users.get(session, user_id)).get_id() == f"{user_id}.0"
