"""Logging in by OpenID Connect, over HTTP, at an issuer of the tests' own."""

import time
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import pytest

from appliance import web
from appliance.models import Chat, ChatStatus
from support.stored import find_row, texts

ANNA, BORIS = 1001, 1002


def go(browser, issuer, place="/topics", **changes):
    """Start, agree at the issuer, come back. The page that follows."""
    started = browser.get(f"/auth/telegram/start?next={place}")
    assert started.status_code == 302
    assert started.headers["Location"].startswith(f"{issuer.url}/auth?"), started.headers
    code, state = issuer.agree(started.headers["Location"])
    return back(browser, **{"code": code, "state": state, **changes})


def back(browser, **query):
    answer = browser.get(f"/auth/telegram/callback?{urlencode(query)}")
    assert answer.status_code == 302, answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.headers["Location"]


def test_oidc_logs_in(browser, issuer, make_user):
    make_user("anna", ANNA)
    assert go(browser, issuer) == "/topics"
    assert browser.who() == "anna@example.org"


def test_oidc_of_a_stranger_leads_to_the_link_page(browser, issuer, database):
    place = go(browser, issuer)
    assert place.startswith("/link#")
    chat = find_row(database, Chat, ANNA)
    assert (chat.name, chat.username, chat.status) == ("Anna Smirnova", "anna", ChatStatus.ACTIVE)
    code = urlsplit(place).fragment
    preview = browser.post("/users/me/telegram/claim/preview", {"code": code}).json
    assert preview == {"name": "Anna Smirnova", "username": "anna", "language": None}


def test_oidc_without_leave_to_write_makes_a_new_chat(browser, issuer, database):
    issuer.scope = "openid profile"
    go(browser, issuer)
    assert find_row(database, Chat, ANNA).status == ChatStatus.NEW


def test_oidc_ties_a_visitor_who_is_logged_in(browser, issuer, make_user, database):
    user_id = make_user("anna")
    browser.log_in("anna@example.org")
    assert go(browser, issuer) == "/topics"
    assert find_row(database, Chat, ANNA).user_id == user_id
    assert "now linked" in texts(database, ANNA)[0]


def test_oidc_does_not_take_over(browser, issuer, make_user, database):
    anna = make_user("anna", ANNA)
    make_user("eve")
    browser.log_in("eve@example.org")
    assert go(browser, issuer) == "/login#telegram=taken"
    assert find_row(database, Chat, ANNA).user_id == anna and browser.who() == "eve@example.org"


def test_oidc_of_a_disabled_account(browser, issuer, make_user):
    make_user("anna", ANNA, disabled=True)
    assert go(browser, issuer) == "/login#telegram=disabled"
    assert browser.who() is None


def test_oidc_denied(browser, issuer):
    assert go(browser, issuer, code="", error="access_denied") == "/login#telegram=denied"
    assert go(browser, issuer, code="", error="server_error") == "/login#telegram=failed"
    assert issuer.forms == []


def test_oidc_with_another_state(browser, issuer, make_user):
    """Somebody else's way back, sent to a visitor to log them in as somebody else."""
    make_user("anna", ANNA)
    assert go(browser, issuer, state="x" * 32) == "/login#telegram=expired"
    assert issuer.forms == [] and browser.who() is None


def test_oidc_without_a_start(browser, issuer):
    assert back(browser, code="c", state="s") == "/login#telegram=expired"
    assert back(browser) == "/login#telegram=expired"


def test_oidc_state_works_once(browser, make_browser, issuer, make_user):
    """Also with the cookie of before, which a browser's owner can put back."""
    make_user("anna", ANNA)
    started = browser.get("/auth/telegram/start")
    cookie = browser.client.get_cookie("__Host-session", "club.example.org")
    code, state = issuer.agree(started.headers["Location"])
    assert back(browser, code=code, state=state) == "/"
    assert back(browser, code=code, state=state) == "/login#telegram=expired"
    again = make_browser()
    again.client.set_cookie(
        "__Host-session", cookie.value, domain="club.example.org", path="/", secure=True
    )
    assert back(again, code=code, state=state) == "/login#telegram=expired"
    assert len(issuer.forms) == 1 and again.who() is None


def test_oidc_that_took_too_long(browser, issuer):
    started = browser.get("/auth/telegram/start")
    code, state = issuer.agree(started.headers["Location"])
    with browser.client.session_transaction(base_url="https://club.example.org") as session:
        session["telegram_login"] = {**session["telegram_login"], "until": int(time.time()) - 1}
    assert back(browser, code=code, state=state) == "/login#telegram=expired"


@pytest.mark.parametrize(
    "claims", [{"aud": "1"}, {"iss": "https://x.example"}, {"nonce": "x"}, {"exp": 1}], ids=str
)
def test_oidc_with_a_wrong_token(browser, issuer, make_user, claims):
    make_user("anna", ANNA)
    issuer.claims = claims
    assert go(browser, issuer) == "/login#telegram=failed"
    assert browser.who() is None


def test_oidc_when_the_issuer_is_down(browser, issuer):
    issuer.answers["/token"] = 500, b""
    assert go(browser, issuer) == "/login#telegram=failed"
    issuer.answers["/.well-known/jwks.json"] = 500, b""
    del issuer.answers["/token"]
    assert go(browser, issuer) == "/login#telegram=failed"


def test_oidc_when_it_cannot_even_start(browser, issuer):
    issuer.answers["/.well-known/openid-configuration"] = 500, b""
    answer = browser.get("/auth/telegram/start")
    assert answer.headers["Location"] == "/login#telegram=failed"


@pytest.mark.parametrize(
    "place",
    ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a\\b", "/a%0d%0ab"],
)
def test_oidc_comes_back_to_this_site_only(browser, issuer, make_user, place):
    make_user("anna", ANNA)
    assert go(browser, issuer, place) == "/"


def test_oidc_keeps_nothing_in_the_session_afterwards(browser, issuer, make_user):
    make_user("anna", ANNA)
    go(browser, issuer)
    with browser.client.session_transaction(base_url="https://club.example.org") as session:
        assert "telegram_login" not in session


def test_oidc_where_it_is_not_configured(shared_apps, site_settings, database):
    app = shared_apps.get(replace(site_settings, oidc_client_id=None, oidc_client_secret=None))
    client = app.test_client()
    for path in ("start", "callback"):
        assert client.get(f"/api/v1/auth/telegram/{path}").status_code == 404
    assert client.get("/api/v1/site").json["login"]["oidc"] is False
    web.close_app(app)


def test_no_secret_reaches_the_log(browser, issuer, caplog):
    caplog.set_level("DEBUG", logger="appliance")
    place = go(browser, issuer)
    secrets = [urlsplit(place).fragment, "code-0", "only-the-issuer-knows"]
    assert caplog.messages and not any(secret in caplog.text for secret in secrets)
