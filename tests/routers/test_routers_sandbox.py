"""The way to the simulator: for logged-in users, in sandbox mode only."""

import dataclasses

import pytest

from appliance import web
from appliance.routers.api import context
from appliance.routers.api.endpoints import declaration


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


def test_a_group_is_made_written_in_and_read(member):
    person = member.post("/sandbox/people", {"first_name": "Оля"}).json["id"]
    made = member.post("/sandbox/chats", {"type": "supergroup", "creator": person})
    assert made.status_code == 201
    path = f"/sandbox/chats/{made.json['id']}"
    body = {"chat_id": made.json["id"], "text": "Hello"}
    assert member.post(f"/sandbox/people/{person}/send", body).status_code == 200
    assert member.get(f"{path}/messages").json["messages"][-1]["text"] == "Hello"
    assert member.post(f"{path}/bot", {"status": "administrator"}).json["bot"] == "administrator"
    assert member.get(path).json == member.get("/sandbox/chats").json["chats"][0]
    assert member.post("/sandbox/chats/-5/bot", {}).status_code == 404
    assert member.get(f"/sandbox/people/{person}/commands").json == {"commands": []}


def test_flood_is_switched_by_admins(admin, member):
    assert member.get("/sandbox/flood").json["enabled"] is False
    assert member.write("PUT", "/sandbox/flood", {"per_second": 10}).status_code == 403
    assert admin.write("PUT", "/sandbox/flood", {"per_second": 10}).json["per_second"] == 10


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


PERSON = "/sandbox/people/{person}"


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/sandbox/people", {"first_name": 5}, 422, "first_name"),
        ("/sandbox/people", {"cuont": 5}, 422, "cuont"),
        ("/sandbox/people", {"count": 2, "blocked": 3}, 422, "blocked"),
        ("/sandbox/chats", {"type": "party"}, 422, "type"),
        (f"{PERSON}/send", None, 422, "text"),
        (f"{PERSON}/album", {"files": [{"kind": "poem"}]}, 422, "files.0.kind"),
        (f"{PERSON}/start", {"payload": "no spaces"}, 422, None),
        (f"{PERSON}/press", {"message_id": 1, "data": "x"}, 409, None),
        (f"{PERSON}/send", {"chat_id": -5, "text": "x"}, 404, None),
        ("/sandbox/people/5/start", {}, 404, None),
    ],
)
def test_what_is_wrong_is_a_problem(member, path, body, status, field):
    """Also what only the simulator finds: its own words are the problem's detail."""
    person = member.post("/sandbox/people").json["id"]
    member.post(f"/sandbox/people/{person}/start")
    answer = member.post(path.format(person=person), body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["detail"]
    assert [fault["field"] for fault in answer.json.get("faults", [])] == [field] * bool(field)


def test_nobody_writes_where_they_are_no_member(member):
    person = member.post("/sandbox/people").json["id"]
    chat = member.post("/sandbox/chats", {}).json["id"]
    refused = member.post(f"/sandbox/people/{person}/send", {"chat_id": chat, "text": "x"})
    assert (refused.status_code, refused.json["detail"]) == (
        403,
        "this person is not a member of the chat: add them first",
    )


def test_a_kind_that_is_a_number(admin):
    assert admin.post("/sandbox/faults", {"kind": 429}).json["kind"] == "429"


def test_every_address_of_the_simulator_that_is_forwarded_says_what_it_takes(app):
    """A write without a declared body would pass by the simulator's models."""
    without = {
        rule.rule.removeprefix("/api/v1/sandbox")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("sandbox.") and rule.methods & {"POST", "PUT"}
        if declaration(app.view_functions[rule.endpoint]).body is None
    }
    assert without == {"/people/<int:person_id>/<any(unblock, deactivate):action>"}


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


def test_a_slow_simulator_keeps_one_thread(member, app):
    """As everybody is told who comes while one waits for it."""
    with app.app_context():
        gate = context.context().simulator
    with gate:
        late = member.get("/sandbox/people")
        assert (late.status_code, late.headers["Retry-After"]) == (503, "5")
        assert member.get("/session").status_code == 200
    assert member.get("/sandbox/people").status_code == 200
