"""The way to the simulator: for logged-in users, in sandbox mode only."""

import dataclasses

import pytest

from appliance import web
from appliance.routers.endpoints import declaration


@pytest.fixture
def settings(settings, sandbox):
    return dataclasses.replace(settings, bot_api_url=sandbox.url)


def test_a_person_is_made_writes_and_is_read(member):
    person = member.post("/sandbox/people", {"first_name": "Оля"})
    assert person.status_code == 201
    path = f"/sandbox/people/{person.json['id']}"
    assert member.post(f"{path}/send", {"text": "Hello"}).status_code == 200
    assert member.get(f"{path}/messages").json["messages"][0]["text"] == "Hello"
    people = member.get("/sandbox/people?limit=10").json
    assert people["people"][0]["first_name"] == "Оля" and people["total"] == 1


def test_an_unknown_person_is_404(member):
    assert member.get("/sandbox/people/424242/messages").status_code == 404
    assert member.post("/sandbox/people/424242/start").status_code == 404
    assert member.post("/sandbox/people/1/dance").status_code == 404


def test_faults_are_set_by_admins(admin, member):
    fault = {"kind": "429", "retry_after": 1, "count": 1}
    assert member.post("/sandbox/faults", fault).status_code == 403
    made = admin.post("/sandbox/faults", fault)
    assert made.status_code == 201
    assert len(admin.get("/sandbox/faults").json["faults"]) == 1
    assert admin.delete("/sandbox/faults").status_code < 300


def test_nothing_else_is_reached(member, settings):
    for path in (f"/sandbox/../bot{settings.bot_token}/getMe", "/sandbox/shutdown"):
        assert member.get(path).status_code == 404


def test_nobody_is_401(app):
    assert app.test_client().get("/api/v1/sandbox/people").status_code == 401


def test_a_simulator_that_is_gone_is_503(member, sandbox):
    sandbox.stop()
    response = member.get("/sandbox/people")
    assert response.status_code == 503
    assert "simulator" in response.json["detail"]


def test_without_the_simulator_there_is_no_such_address(settings, database):
    app = web.create_app(dataclasses.replace(settings, bot_mode="off"))
    rules = [rule.rule for rule in app.url_map.iter_rules() if "sandbox" in rule.rule]
    assert rules == []
    assert app.test_client().get("/api/v1/sandbox/people").status_code == 404
    web.close_app(app)


def test_every_address_takes_a_login(app):
    views = [v for name, v in app.view_functions.items() if name.startswith("sandbox.")]
    assert views and all(declaration(view).access != "public" for view in views)
