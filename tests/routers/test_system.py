"""The site, its probes and its status."""

from datetime import timedelta

from sqlalchemy import text

from appliance import __version__
from appliance.crud import leases, settings
from appliance.models import utcnow


def test_site(browser, database):
    site = browser.get("/site").json
    assert site == {
        "name": "Appliance",
        "version": __version__,
        "bot_username": None,
        "bot_url": None,
        "sandbox": True,
        "languages": ["en", "ru"],
        "default_language": "en",
        "login": {"oidc": False, "widget": False, "widget_url": None},
    }
    with database.writing() as session:
        settings.put_setting(session, settings.BOT, {"id": 1, "username": "b_bot", "name": "B"})
    assert browser.get("/site").json["bot_url"] == "https://t.me/b_bot"


def test_alive_and_ready(browser, database):
    assert browser.client.get("/healthz").json == {"status": "ok"}
    with database.writing() as session:
        leases.acquire(session, "delivery", "host:1:x", utcnow(), timedelta(minutes=1))
    ready = browser.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json["status"] == "ready"
    assert {"web", "updates", "delivery", "schedule"} == set(ready.json["parts"])
    assert "host" not in ready.text


def test_not_ready_at_another_schema(browser, settings, database):
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    response = browser.client.get("/readyz")
    assert response.status_code == 503
    assert response.json["database"] == "unusable"
    assert str(settings.home) not in response.text
    assert browser.client.get("/healthz").status_code == 200


def test_status_is_the_admins(app, admin, operator):
    status = admin.get("/status").json
    assert set(status) == {
        "parts",
        "queue",
        "set_aside",
        "flood_until",
        "chat_pauses",
        "refused",
        "version",
        "schema",
    }
    assert set(status["parts"]["web"]) == {"state", "holder", "heartbeat_at"}
    assert status["queue"] == {"pending": 0, "oldest_seconds": 0.0}
    assert operator.get("/status").status_code == 403
    assert app.test_client().get("/api/v1/status").status_code == 401
