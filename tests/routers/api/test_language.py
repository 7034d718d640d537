"""Errors in the language of whoever asks: the user's, else the browser's, else the site's."""

from dataclasses import replace
from typing import Any

import pytest

from appliance import web
from appliance.crud.accounts import users
from appliance.database import db

RU = {"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.5"}
EN = {"Accept-Language": "en"}


@pytest.fixture
def russian(make_user, app, as_user, database):
    """An admin who chose Russian; her browser speaks English."""
    browser = as_user("rita", "admin")
    with database.writing() as session:
        user = users.get_by_email(session, "rita@example.org")
        assert user is not None
        user.language = "ru"
    return browser


def draft(**changes: Any) -> dict[str, Any]:
    return {"text": "<b>x", "format": "html", "audience": {"to": ["all"]}, **changes}


def test_validation(browser, russian):
    for asking, path in ((browser, "/auth/register"), (russian, "/users/me/password")):
        response = asking.post(path, {"password": 1}, headers=RU if asking is browser else EN)
        assert response.status_code == 422
        assert response.headers["Content-Language"] == "ru"
        assert {"Accept-Language", "Cookie"} <= set(response.vary)
        assert response.json["title"] == "Ошибки в данных"
        faults = len(response.json["faults"])
        assert response.json["detail"].startswith(f"в запросе {faults} ошиб")
        assert "это обязательное поле" in [fault["message"] for fault in response.json["faults"]]


@pytest.mark.parametrize("path", ["/broadcasts", "/broadcasts/preview"])
def test_faults_of_the_content(russian, path):
    response = russian.post(path, draft(), headers=EN)
    (fault,) = response.json["faults"][:1]
    told = "Telegram не примет разметку (can't parse entities): тег «b» не закрыт"
    assert (fault["message"], fault["offset"]) == (told, 0)
    assert response.headers["Content-Language"] == "ru"


def test_the_place_of_a_fault_is_told_in_every_language(russian, admin):
    response = russian.post("/broadcasts/preview", draft(audience={"to": ["kings"]}))
    assert "неверные получатели 'kings'" in response.json["faults"][-1]["message"]
    response = admin.post("/broadcasts/preview", draft(audience={"to": ["user:4711"]}), headers=RU)
    assert response.headers["Content-Language"] == "en", "the profile's language goes first"
    assert response.json["faults"][-1]["message"].startswith("there is no user 4711")


def test_not_found(browser, russian):
    response = russian.get("/users/4711", headers=EN)
    assert (response.status_code, response.json["title"]) == (404, "Не найдено")
    assert response.json["detail"].startswith("пользователя 4711 нет")
    response = browser.get("/nothing", headers=RU)
    assert response.json["detail"] == "по этому адресу ничего нет"
    page = browser.client.get("/assets/missing.js", headers=RU)
    assert (page.text, page.headers["Content-Language"]) == ("Не найдено\n", "ru")


def test_conflict(browser, russian):
    taken = {"email": "rita@example.org", "password": "long enough", "name": "Rita"}
    response = browser.post("/auth/register", taken, headers=RU)
    assert response.status_code == 409
    assert response.json["detail"].startswith("у rita@example.org уже есть учётная запись")
    me = russian.get("/users/me").json["id"]
    response = russian.patch(f"/users/{me}", {"role": "member"})
    assert response.json["detail"].startswith("лишить доступа самого себя нельзя")


def test_logging_in(browser, make_user, russian):
    user_id = make_user("anna")
    login = {"email": "anna@example.org", "password": "a guess"}
    response = browser.post("/auth/login", login, headers=RU)
    assert response.json["detail"] == "неверный адрес почты или пароль"
    russian.patch(f"/users/{user_id}", {"disabled": True})
    login["password"] = "correct horse battery"
    response = browser.post("/auth/login", login, headers=RU)
    assert response.status_code == 403
    assert response.json["detail"] == "эта учётная запись отключена: обратитесь к администратору"


def test_roles_have_names(app, as_user, database):
    member = as_user("mila")
    with database.writing() as session:
        users.get_by_email(session, "mila@example.org").language = "ru"
    told = "для этого нужна роль «администратор», а ваша — «участник»"
    assert member.get("/status").json["detail"] == told


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [("ru", "ru"), ("ru-BY", "ru"), ("de, ru;q=0.5", "ru"), ("de", "en"), ("*", "en"), ("", "en")],
)
def test_the_browser_chooses_while_nobody_is_logged_in(browser, accepted, spoken):
    response = browser.get("/users/me", headers={"Accept-Language": accepted})
    assert response.status_code == 401
    assert response.headers["Content-Language"] == spoken


def test_the_site_has_the_last_word(settings, database):
    app = web.create_app(replace(settings, default_language="ru"))
    for accepted in ("de", "*"):
        response = app.test_client().get("/api/v1/users/me", headers={"Accept-Language": accepted})
        assert response.json["detail"] == "сначала войдите"
    web.close_app(app)


def test_an_error_of_the_database_is_told_too(app, russian):
    """Nobody can say then who is logged in, so the browser's language is taken."""
    with app.app_context():
        db.session.execute(db.text("ALTER TABLE users RENAME TO lost"))
        db.session.commit()
    response = russian.get("/users/me", headers=RU)
    assert response.status_code == 500
    assert response.json["detail"] == "на сервере произошла ошибка; подробности в его журнале"
