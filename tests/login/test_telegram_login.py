"""Logging in by proofs from Telegram, over HTTP: the widget and the Mini App."""

import hashlib
import hmac
import json
import threading
import time
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from appliance import web
from appliance.config import SANDBOX_TOKEN
from appliance.crud import settings as settings_crud
from appliance.crud.chats import chats
from appliance.models import Chat, ChatStatus
from support.stored import find_row, texts

TOKEN = "4242:real-looking-token-of-the-tests"
ANNA, BORIS = 1001, 1002
DAY = 24 * 3600


def widget(age=0, **fields):
    """What the Login Widget gives."""
    fields = {"id": ANNA, "first_name": "Anna", "auth_date": int(time.time()) - age, **fields}
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hashlib.sha256(TOKEN.encode()).digest()
    return {**fields, "hash": hmac.digest(key, lines.encode(), "sha256").hex()}


def init_data(age=0, user=None, **fields):
    """What a Mini App is opened with."""
    person = {"id": ANNA, "first_name": "Anna", "language_code": "ru", **(user or {})}
    fields = {
        "query_id": "AAH",
        "user": json.dumps(person),
        "auth_date": str(int(time.time()) - age),
        "signature": "of-the-third-party-kind",
        **fields,
    }
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.digest(b"WebAppData", TOKEN.encode(), "sha256")
    return urlencode({**fields, "hash": hmac.digest(key, lines.encode(), "sha256").hex()})


@pytest.fixture(params=["widget", "miniapp"])
def prove(request):
    """`prove(browser)` posts a fresh proof that the visitor is Anna in Telegram."""

    def post(browser, age=0):
        if request.param == "widget":
            return browser.post("/auth/telegram/widget", widget(age))
        return browser.post("/auth/telegram/miniapp", {"init_data": init_data(age)})

    return post


# -- the widget and the Mini App ---------------------------------------------------------------


def test_who_is_linked_is_logged_in(browser, make_user, prove, database):
    make_user("anna", ANNA)
    answer = prove(browser)
    assert answer.status_code == 200, answer.text
    assert answer.json["code"] is None
    assert answer.json["session"]["user"]["email"] == "anna@example.org"
    assert browser.who() == "anna@example.org"
    assert answer.json["session"]["csrf_token"] == browser.get("/session").json["csrf_token"]
    cookie = next(iter(answer.headers.getlist("Set-Cookie")))
    assert "__Host-session=" in cookie and "Expires=" in cookie and "HttpOnly" in cookie


def test_a_stranger_gets_a_code_to_sign_up_with(browser, prove, database):
    answer = prove(browser).json
    assert answer["session"] is None and browser.who() is None
    assert find_row(database, Chat, ANNA).status == ChatStatus.NEW
    preview = browser.post("/users/me/telegram/claim/preview", {"code": answer["code"]})
    assert preview.status_code == 200 and preview.json["name"] == "Anna"
    new = {"email": "anna@example.org", "password": "correct horse battery", "name": "Anna S"}
    session = browser.post("/auth/register", {**new, "code": answer["code"]})
    assert session.status_code == 201, session.text
    assert session.json["user"]["chat"] == {
        "id": ANNA,
        "type": "private",
        "name": "Anna",
        "username": None,
        "status": "new",
    }
    assert texts(database, ANNA) == []  # the bot cannot write yet


def test_a_code_of_nothing_makes_no_account(browser, database):
    new = {"email": "anna@example.org", "password": "correct horse battery", "name": "Anna S"}
    answer = browser.post("/auth/register", {**new, "code": "wrong"})
    assert answer.status_code == 404
    assert browser.who() is None
    assert browser.post("/auth/register", new).status_code == 201


def test_who_has_an_account_claims_the_code(browser, make_user, prove, database):
    make_user("anna")
    code = prove(browser).json["code"]
    browser.log_in("anna@example.org")
    assert browser.post("/users/me/telegram/claim", {"code": code}).status_code == 200
    assert find_row(database, Chat, ANNA).user_id is not None


def test_a_visitor_who_is_logged_in_is_asked(browser, make_user, prove, database):
    user_id = make_user("anna")
    with database.writing() as session:
        chats.remember(session, ANNA, first_name="Old name", language="ru")
    browser.log_in("anna@example.org")
    answer = prove(browser)
    assert answer.json["session"] is None  # whose data it is the page asks about
    assert find_row(database, Chat, ANNA).user_id is None and texts(database, ANNA) == []
    claimed = browser.post("/users/me/telegram/claim", {"code": answer.json["code"]})
    assert claimed.json["chat"]["id"] == ANNA
    chat = find_row(database, Chat, ANNA)
    assert (chat.user_id, chat.first_name, chat.status) == (user_id, "Anna", ChatStatus.ACTIVE)
    assert "привязан" in texts(database, ANNA)[0]  # the other side is told
    again = prove(browser, age=60)  # once more changes nothing
    assert again.json["session"]["user"]["chat"]["id"] == ANNA
    assert len(texts(database, ANNA)) == 1


def test_a_person_tied_elsewhere_is_not_taken_over(browser, make_user, prove, database):
    anna = make_user("anna", ANNA)
    make_user("eve")
    browser.log_in("eve@example.org")
    answer = prove(browser)
    assert answer.status_code == 409
    assert "linked to another account" in answer.json["detail"]
    assert browser.who() == "eve@example.org"
    assert find_row(database, Chat, ANNA).user_id == anna


def test_a_visitor_tied_elsewhere_keeps_his_chat(browser, make_user, prove, database):
    make_user("boris", BORIS)
    browser.log_in("boris@example.org")
    answer = prove(browser)
    assert answer.status_code == 409
    assert "unlink it first" in answer.json["detail"]
    assert find_row(database, Chat, ANNA) is None  # nothing is left of the try


def test_a_disabled_account_is_refused(browser, make_user, prove):
    make_user("anna", ANNA, disabled=True)
    assert prove(browser).status_code == 403
    assert browser.who() is None


def test_a_proof_works_once(browser, make_browser, make_user):
    make_user("anna", ANNA)
    for path, body in [
        ("/auth/telegram/widget", widget()),
        ("/auth/telegram/miniapp", {"init_data": init_data()}),
    ]:
        assert browser.post(path, body).status_code == 200
        thief = make_browser()
        assert thief.post(path, body).status_code == 410
        assert thief.who() is None


def test_of_many_with_one_proof_one_wins(make_browser, make_user):
    make_user("anna", ANNA)
    proof, statuses = widget(), []
    barrier = threading.Barrier(6)

    def post():
        browser = make_browser()
        browser.get("/session")
        barrier.wait()
        statuses.append(browser.post("/auth/telegram/widget", proof).status_code)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [410] * 5


@pytest.mark.parametrize(("age", "status"), [(14 * 60, 200), (16 * 60, 410), (-3600, 401)])
def test_only_fresh_proofs(browser, make_user, prove, age, status):
    make_user("anna", ANNA)
    assert prove(browser, age).status_code == status


@pytest.mark.parametrize(
    "change",
    [
        {"id": BORIS},
        {"first_name": "Boris"},
        {"username": "added"},
        {"hash": "0" * 64},
        {"hash": ""},
        {"new_field": "of somebody"},
    ],
    ids=str,
)
def test_a_forged_widget(browser, make_user, change):
    make_user("anna", ANNA)
    make_user("boris", BORIS)
    answer = browser.post("/auth/telegram/widget", {**widget(), **change})
    assert answer.status_code == 401
    assert browser.who() is None


def test_a_widget_made_younger(browser, make_user):
    make_user("anna", ANNA)
    fields = widget()
    answer = browser.post("/auth/telegram/widget", {**fields, "auth_date": fields["auth_date"] + 5})
    assert answer.status_code == 401


def test_a_field_newer_than_this_program_is_signed_too(browser):
    assert browser.post("/auth/telegram/widget", widget(badge="gold", level=7)).status_code == 200


def test_what_is_null_was_not_sent(browser):
    body = {**widget(), "last_name": None, "username": None, "photo_url": None}
    assert browser.post("/auth/telegram/widget", body).status_code == 200


@pytest.mark.parametrize("body", [{}, {"id": "1001"}], ids=str)
def test_what_is_no_widget_data(browser, body):
    assert browser.post("/auth/telegram/widget", body).status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        {"id": True},
        {"hash": 7},
        {"first_name": "a\0"},
        {"more": {"a": 1}},
        {"more": ["x"]},
        {"photo_url": "x" * 3000},
    ],
    ids=lambda change: str(change)[:30],
)
def test_widget_data_with_what_cannot_be_in_it(browser, change):
    assert browser.post("/auth/telegram/widget", {**widget(), **change}).status_code == 422


@pytest.mark.parametrize(
    "words", ["", "hash", "%", "a=1&a=2", "user=%ff", "hash=" + "0" * 64, "&" * 99]
)
def test_rubbish_init_data(browser, words):
    assert browser.post("/auth/telegram/miniapp", {"init_data": words}).status_code == 401


def test_init_data_that_is_too_long(browser):
    body = {"init_data": "a=" + "x" * 8000}
    assert browser.post("/auth/telegram/miniapp", body).status_code == 422


def test_the_bot_may_write_where_the_person_allowed_it(browser, database):
    words = init_data(user={"allows_write_to_pm": True})
    assert browser.post("/auth/telegram/miniapp", {"init_data": words}).status_code == 200
    chat = find_row(database, Chat, ANNA)
    assert (chat.status, chat.language) == (ChatStatus.ACTIVE, "ru")


def test_who_said_stop_stays_stopped(browser, database, make_user):
    make_user("anna", ANNA)
    with database.writing() as session:
        chats.set_status(session, ANNA, ChatStatus.STOPPED)
    words = init_data(user={"allows_write_to_pm": True})
    browser.post("/auth/telegram/miniapp", {"init_data": words})
    assert find_row(database, Chat, ANNA).status == ChatStatus.STOPPED


def test_the_simulators_token_proves_nothing(shared_apps, settings, database, make_user):
    """It is in the source, so everybody could sign with it."""
    make_user("anna", ANNA)
    app = shared_apps.get(settings)
    key = hashlib.sha256(settings.bot_token.encode()).digest()
    fields = {"id": ANNA, "first_name": "Anna", "auth_date": int(time.time())}
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    body = {**fields, "hash": hmac.digest(key, lines.encode(), "sha256").hex()}
    answer = app.test_client().post("/api/v1/auth/telegram/widget", json=body)
    web.close_app(app)
    assert answer.status_code == 503


def test_a_page_of_another_site_cannot_log_anybody_in(site):
    """A cross-site form has no JSON; a script of it would be asked for its origin first."""
    client = site.test_client()
    answer = client.post("/api/v1/auth/telegram/widget", data=widget())
    assert answer.status_code == 415
    asked = client.options(
        "/api/v1/auth/telegram/widget", headers={"Origin": "https://evil.example"}
    )
    assert "Access-Control-Allow-Origin" not in asked.headers


def test_guessing_is_slow(browser):
    """Thirty at once, and then one in 3 s: a slow machine gets a few more before it is told."""
    forged, answered = {**widget(), "hash": "0" * 64}, []
    while len(answered) < 200 and 429 not in answered:
        answered.append(browser.post("/auth/telegram/widget", forged).status_code)
    assert set(answered[:30]) == {401} and answered[-1] == 429


def test_the_site_says_how_to_log_in(browser):
    assert browser.get("/site").json["login"] == {
        "widget": True,
        "widget_url": None,
        "oidc": True,
    }


def test_no_secret_reaches_the_log(browser, caplog):
    caplog.set_level("DEBUG", logger="appliance")
    proof = widget()
    entered = browser.post("/auth/telegram/widget", proof)
    secrets = [entered.json["code"], proof["hash"]]
    assert caplog.messages and not any(secret in caplog.text for secret in secrets)


# -- the widget's button ------------------------------------------------------------------------


@pytest.fixture
def button(shared_apps, database):
    """`button(settings)`: where the button of a site leads to."""

    def button(settings, username="club_bot"):
        if username:
            with database.writing() as session:
                bot = {"id": 4242, "username": username}
                settings_crud.put_setting(session, settings_crud.BOT, bot)
        app = shared_apps.get(settings)
        site = app.test_client().get("/api/v1/site")
        web.close_app(app)
        return site.json["login"]["widget_url"]

    return button


@pytest.fixture
def real(settings):
    """A site with a bot of Telegram and a name, and without OpenID Connect."""
    return replace(settings, bot_mode="polling", bot_token=TOKEN, domain="club.example.org")


def test_the_button_leads_to_telegram_and_back(button, real):
    url = urlsplit(button(real))
    assert (url.scheme, url.netloc, url.path) == ("https", "oauth.telegram.org", "/auth")
    assert dict(parse_qsl(url.query)) == {
        "bot_id": "4242",
        "origin": "https://club.example.org",
        "return_to": "https://club.example.org/login",
    }
    assert TOKEN.partition(":")[2] not in url.query


@pytest.mark.parametrize(
    "change",
    [
        {"bot_mode": "sandbox", "bot_token": SANDBOX_TOKEN},
        {"bot_mode": "off"},
        {"bot_token": SANDBOX_TOKEN},  # a simulator somewhere else
        {"domain": None},
        {"oidc_client_id": "4242", "oidc_client_secret": "secret"},
    ],
)
def test_there_is_no_button(button, real, change):
    assert button(replace(real, **change)) is None


def test_there_is_no_button_before_the_bot_first_ran(button, real):
    assert button(real, username=None) is None
