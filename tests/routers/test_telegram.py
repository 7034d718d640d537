"""Linking with Telegram over HTTP, in both directions."""

import re

import pytest

from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.models import utcnow
from appliance.services import telegram_auth
from appliance.services.telegram_auth import codes


@pytest.fixture
def bot(database):
    with database.writing() as session:
        settings.put_setting(session, settings.BOT, {"id": 1, "username": "choir_bot", "name": "C"})


@pytest.fixture
def chat_code(database):
    """A code as the bot gives it to the person of chat 7."""
    with database.writing() as session:
        chats.remember(session, 7, first_name="Mila", username="mila")
        return telegram_auth.start_link_from_chat(session, 7, utcnow()).code


def test_not_linked(member, bot):
    expected = {"linked": False, "chat": None, "bot_username": "choir_bot"}
    assert member.get("/users/me/telegram").json == expected


def test_a_code_to_press_start_with(member, bot, database):
    response = member.post("/users/me/telegram/link")
    assert response.status_code == 201
    link = response.json
    assert link["url"] == f"https://t.me/choir_bot?start={link['code']}"
    assert link["qr_svg"].startswith("<svg") and "script" not in link["qr_svg"]
    assert link["expires_at"].endswith("Z")
    with database.writing() as session:
        chats.remember(session, 7, first_name="Mila")
        telegram_auth.redeem(session, 7, telegram_auth.hashed(link["code"]), utcnow())
    state = member.get("/users/me/telegram").json
    assert state["linked"] is True and state["chat"]["id"] == 7
    assert member.post("/users/me/telegram/link").status_code == 409


def test_a_code_to_type_in(member, bot, database):
    link = member.post("/users/me/telegram/link").json
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", link["typed_code"])
    with database.writing() as session:
        chats.remember(session, 7, first_name="Mila")
        code = codes.read(link["typed_code"].lower())
        telegram_auth.redeem(session, 7, codes.hashed(code), utcnow())
    assert member.get("/users/me/telegram").json["linked"] is True


def test_a_preview_needs_no_account(browser, chat_code):
    for _ in range(2):
        answer = browser.post("/users/me/telegram/claim/preview", {"code": chat_code})
        assert answer.status_code == 200
        assert answer.json == {"name": "Mila", "username": "mila", "language": None}
    answer = browser.post("/users/me/telegram/claim/preview", {"code": "wrong"})
    assert answer.status_code == 404


def test_previews_are_counted(browser):
    answered = []
    while len(answered) < 200 and 429 not in answered:
        answer = browser.post("/users/me/telegram/claim/preview", {"code": "x"})
        answered.append(answer.status_code)
    assert set(answered[:30]) == {404} and answered[-1] == 429


def test_without_a_bot_there_is_no_link(member):
    response = member.post("/users/me/telegram/link")
    assert response.status_code == 503
    assert member.get("/users/me/telegram").json["bot_username"] is None


def test_a_code_of_the_bot_is_claimed_once(member, operator, chat_code):
    response = member.post("/users/me/telegram/claim", {"code": chat_code})
    assert response.status_code == 200
    assert response.json["chat"] == {
        "id": 7,
        "type": "private",
        "name": "Mila",
        "username": "mila",
        "status": "active",
    }
    assert operator.post("/users/me/telegram/claim", {"code": chat_code}).status_code == 404


def test_a_user_has_one_chat(member, chat_code, database):
    member.post("/users/me/telegram/claim", {"code": chat_code})
    with database.writing() as session:
        chats.remember(session, 8)
        other = telegram_auth.start_link_from_chat(session, 8, utcnow()).code
    assert member.post("/users/me/telegram/claim", {"code": other}).status_code == 409


@pytest.mark.parametrize("code", ["", "wrong", "x" * 255, "к" * 32])
def test_a_wrong_code_is_404(member, code):
    assert member.post("/users/me/telegram/claim", {"code": code}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"code": 7}, {"code": "a\0"}, {"code": "x" * 256}])
def test_what_is_no_code_is_refused(member, body):
    assert member.post("/users/me/telegram/claim", body).status_code == 422


def test_unlink_twice_is_fine(member, chat_code):
    member.post("/users/me/telegram/claim", {"code": chat_code})
    assert member.delete("/users/me/telegram").status_code == 204
    assert member.get("/users/me").json["chat"] is None
    assert member.delete("/users/me/telegram").status_code == 204


def test_nobody_is_401(app):
    for method, path in [("GET", ""), ("POST", "/link"), ("POST", "/claim"), ("DELETE", "")]:
        response = app.test_client().open(f"/api/v1/users/me/telegram{path}", method=method)
        assert response.status_code == 401


def test_unlinking_ends_all_sessions_but_the_own(app, member, chat_code):
    member.post("/users/me/telegram/claim", {"code": chat_code})
    elsewhere = type(member)(app)
    elsewhere.log_in("mila@example.org")
    assert elsewhere.get("/users/me").status_code == 200
    assert member.delete("/users/me/telegram").status_code == 204
    assert elsewhere.get("/users/me").status_code == 401
    assert member.get("/users/me").status_code == 200
    assert elsewhere.get("/session").json["ended"], "and the site says so"
    assert not member.get("/session").json["ended"]
    elsewhere.token = None
    assert not elsewhere.log_in("mila@example.org").json["ended"]
