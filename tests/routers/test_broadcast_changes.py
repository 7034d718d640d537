"""Decisions over HTTP: who may, what they do, and that they are recorded with who made them."""

import pytest

from appliance.crud import deliveries
from appliance.crud.broadcasts import audience, broadcasts, click_tracking, operations
from appliance.crud.deliveries import DeliveryOutcome
from appliance.errors import localized
from appliance.models import BroadcastStatus, DeliveryState, utcnow
from appliance.services.broadcasts import audience_of, changes
from support.people import add_chats

NEW = {"text": "Hello", "format": "plain", "audience": {"to": ["all"], "not": []}}
OLD = 1_700_000_000  # far more than 48 hours ago


@pytest.fixture
def number(admin, database):
    """A finished broadcast: 1 got it lately, 2 long ago, 3 failed, 4 is unknown."""
    with database.writing() as session:
        add_chats(session, 1, 2, 3, 4)
    number = admin.post("/broadcasts", NEW).json["id"]
    with database.writing() as session:
        row = broadcasts.get(session, number)
        frozen, last = audience.freeze(session, number, audience_of(row), None, 100, OLD)
        broadcasts.add_frozen(session, number, frozen, last, row.created_at)
        deliveries.take(session, number, [1, 2, 3, 4], OLD)
        now = int(utcnow().timestamp())
        sent = DeliveryState.SENT
        deliveries.record(session, number, [DeliveryOutcome(1, sent, message_id=11)], now)
        others = [
            DeliveryOutcome(2, sent, message_id=12),
            DeliveryOutcome(3, DeliveryState.FAILED, "chat_not_found"),
            DeliveryOutcome(4, DeliveryState.UNKNOWN, "no_answer"),
        ]
        deliveries.record(session, number, others, OLD)
        session.refresh(row)
        row.status, row.started_at = BroadcastStatus.DONE, row.created_at
        row.finished_at = utcnow()
    return number


@pytest.fixture
def path(number):
    return f"/broadcasts/{number}"


def actions(browser, path):
    return [
        (e["actor"], e["name"], e["action"]) for e in browser.get(f"{path}/events").json["items"]
    ]


@pytest.mark.parametrize(
    ("decided", "answer", "meanwhile"),
    [("pause", "paused", changes.resume), ("resume", "running", changes.pause)],
)
def test_an_answer_tells_what_was_decided(
    decided, answer, meanwhile, admin, path, number, database, once_committed
):
    """And not what another request has made of it since."""
    with database.writing() as session:
        status = BroadcastStatus.PAUSED if decided == "resume" else BroadcastStatus.RUNNING
        broadcasts.get(session, number).status = status
    admin.token  # noqa: B018 - asked for before, in a request of its own
    once_committed(lambda: meanwhile(database.writing, number, "cli:ann"))
    told = admin.post(f"{path}/{decided}").json
    assert told["status"] == answer
    assert admin.get(path).json["status"] != answer


@pytest.mark.parametrize("which", ["failed", "unknown"])
def test_retry(admin, path, which):
    response = admin.post(f"{path}/retry", {"which": which})
    assert response.status_code == 200
    assert response.json["count"] == 1
    assert response.json["broadcast"]["status"] == "running"
    assert response.json["broadcast"]["pending"] == 1
    again = admin.post(f"{path}/retry", {"which": which})
    assert (again.status_code, again.json["type"]) == (409, "urn:appliance:problem:nothing-to-do")
    made, event = admin.get(f"{path}/events").json["items"]
    assert (made["action"], made["name"]) == ("create", "Ada")
    assert (event["action"], event["name"]) == ("retry", "Ada")
    assert event["actor"].startswith("user:")
    assert event["details"] == {"which": which, "count": 1}


def test_retry_of_all_is_no_choice(admin, path):
    assert admin.post(f"{path}/retry", {"which": "sent"}).status_code == 422
    assert admin.post(f"{path}/retry", {}).status_code == 422
    missed = admin.post(f"{path}/retry", {"which": "missed"})
    assert (missed.status_code, "did not miss" in missed.json["detail"]) == (409, True)


def test_edit_begins_an_operation(admin, path):
    body = {"text": "<b>New</b>", "format": "html"}
    changed = admin.post(f"{path}/edit", body).json
    assert changed["broadcast"]["html"] == "<b>New</b>"
    assert changed["operation"]["kind"] == "edit"
    assert (changed["operation"]["status"], changed["operation"]["total"]) == ("running", 2)
    assert admin.get(f"{path}/operations").json["items"] == [changed["operation"]]


def test_edit_keeps_or_replaces_the_options(admin, path):
    silent = {"text": "x", "options": {"silent": True}}
    assert admin.post(f"{path}/edit", silent).json["broadcast"]["options"] == {"silent": True}
    assert admin.post(f"{path}/edit", {"text": "y"}).json["broadcast"]["options"] == {
        "silent": True
    }
    plain = {"text": "z", "options": {}}
    assert admin.post(f"{path}/edit", plain).json["broadcast"]["options"] == {}
    statuses = [o["status"] for o in admin.get(f"{path}/operations").json["items"]]
    assert statuses == ["cancelled", "cancelled", "running"]


def test_an_edit_with_faults_changes_nothing(admin, path):
    response = admin.post(f"{path}/edit", {"text": "<b>", "format": "html"})
    assert response.status_code == 422
    assert response.json["faults"][0]["field"] == "text"
    assert admin.get(path).json["text"] == "Hello"
    assert admin.get(f"{path}/operations").json["items"] == []


def test_an_edit_before_anything_was_delivered(admin, number):
    waiting = admin.post("/broadcasts", NEW).json["id"]
    changed = admin.post(f"/broadcasts/{waiting}/edit", {"text": "Other"}).json
    assert (changed["broadcast"]["text"], changed["operation"]) == ("Other", None)


def test_recall_says_what_it_can_reach(admin, operator, path):
    assert operator.get(f"{path}/recall").json == {
        "delivered": 2,
        "too_old": 1,
        "unknown": 1,
    }
    recalled = admin.post(f"{path}/recall").json
    assert (recalled["operation"]["kind"], recalled["operation"]["total"]) == ("recall", 2)
    again = admin.post(f"{path}/recall")
    assert again.status_code == 409
    assert admin.post(f"{path}/edit", {"text": "x"}).status_code == 409


def test_recall_skips_who_was_not_reached(admin, path):
    admin.post(f"{path}/retry", {"which": "failed"})
    recalled = admin.post(f"{path}/recall").json["broadcast"]
    assert (recalled["status"], recalled["pending"], recalled["skipped"]) == ("cancelled", 0, 1)


def test_nothing_to_recall(admin, number):
    waiting = admin.post("/broadcasts", NEW).json["id"]
    stopped = admin.post(f"/broadcasts/{waiting}/recall").json
    assert (stopped["broadcast"]["status"], stopped["operation"]) == ("cancelled", None)
    assert admin.post(f"/broadcasts/{waiting}/recall").status_code == 409


def test_pause_and_resume_reach_an_edit(admin, path, number, database):
    admin.post(f"{path}/edit", {"text": "New"})
    assert admin.post(f"{path}/pause").status_code == 200
    with database.reading() as session:
        assert operations.list_running(session) == []
    assert admin.get(f"{path}/operations").json["items"][0]["status"] == "paused"
    assert admin.post(f"{path}/resume").status_code == 200
    assert admin.get(f"{path}/operations").json["items"][0]["status"] == "running"


def test_one_operation_is_paused_resumed_and_ended(admin, operator, path):
    number = admin.post(f"{path}/edit", {"text": "New"}).json["operation"]["id"]
    one = f"{path}/operations/{number}"
    assert operator.post(f"{one}/pause").status_code == 403
    for verb, status in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        response = admin.post(f"{one}/{verb}")
        assert (response.status_code, response.json["status"]) == (200, status)
        assert response.json["id"] == number
    assert admin.post(f"{one}/resume").status_code == 409
    last = admin.get(f"{path}/events").json["items"][-1]
    assert (last["action"], last["name"]) == ("cancel", "Ada")
    assert last["details"] == {"operation": number, "kind": "edit"}


def test_an_operation_of_another_broadcast_is_not_found(admin, path):
    number = admin.post(f"{path}/edit", {"text": "New"}).json["operation"]["id"]
    other = admin.post("/broadcasts", NEW).json["id"]
    assert admin.post(f"/broadcasts/{other}/operations/{number}/pause").status_code == 404
    assert admin.post(f"{path}/operations/4711/pause").status_code == 404


def test_an_edit_keeps_changes_or_ends_the_texts_for_languages(admin, path):
    def edited(**body):
        return admin.post(f"{path}/edit", {"text": "x", **body}).json["broadcast"]["variants"]

    assert edited(variants={"RU": "икс"}) == {"ru": "икс"}
    assert edited() == {"ru": "икс"}
    assert edited(variants={}) == {}
    faulty = admin.post(f"{path}/edit", {"text": "x", "format": "html", "variants": {"ru": "<b>"}})
    assert faulty.status_code == 422


def test_a_note_is_read_in_the_readers_language(admin, path, number, database):
    said = localized("canary: of {tried} people {bad} failed or blocked the bot", tried=5, bad=2)
    with database.writing() as session:
        broadcasts.get(session, number).note = said.dump()
    assert admin.get(path).json["note"] == "canary: of 5 people 2 failed or blocked the bot"
    admin.patch("/users/me", {"language": "ru"})
    assert admin.get(path).json["note"].startswith("проба: из 5")


def test_what_was_decided_is_told_with_who_did(admin, number, operator):
    waiting = f"/broadcasts/{admin.post('/broadcasts', NEW).json['id']}"
    for verb in ("pause", "resume", "cancel"):
        assert admin.post(f"{waiting}/{verb}").status_code == 200
    assert admin.post(f"{waiting}/pause").status_code == 409
    told = actions(operator, waiting)
    assert [(name, action) for _, name, action in told] == [
        ("Ada", "create"),
        ("Ada", "pause"),
        ("Ada", "resume"),
        ("Ada", "cancel"),
    ]


def test_events_of_others_than_users(admin, path, number, database):
    from appliance.crud.broadcasts import events

    with database.writing() as session:
        for actor in ("engine", "cli:root", "user:999", "user:x"):
            events.add(session, number, actor, "edit")
    assert actions(admin, path)[1:] == [
        ("engine", None, "edit"),
        ("cli:root", None, "edit"),
        ("user:999", None, "edit"),
        ("user:x", None, "edit"),
    ]


def test_plan(admin, number):
    planned = admin.post("/broadcasts/plan", NEW).json
    assert planned["count"] == 4
    assert (planned["last_id"], planned["joined"], planned["left"]) == (number, 0, 0)
    assert planned["rate"] == 30.0 and planned["seconds"] > 0 and planned["stars"] == 0
    assert len(admin.get("/broadcasts").json["items"]) == 1


def test_a_plan_with_faults_is_refused(admin, number):
    body = {**NEW, "text": "", "canary": 1}
    assert admin.post("/broadcasts/plan", body).status_code == 422


def test_numbers(operator, admin, path, number, database):
    with database.writing() as session:
        link_id = click_tracking.remember(session, number, ["https://a.example/"])[
            "https://a.example/"
        ]
        click_tracking.count_click(session, link_id, 1)
    told = operator.get(f"{path}/numbers").json
    assert told["status"] == "done"
    assert (told["rate"], told["eta_seconds"]) == (None, None)
    assert sum(bucket["sent"] for bucket in told["over_time"]) == 2
    assert told["reasons"] == {
        "failed": {"chat_not_found": 1},
        "skipped": {},
        "unknown": {"no_answer": 1},
    }
    assert told["links"] == [{"url": "https://a.example/", "clicks": 1, "people": 1}]
    assert (told["clicks"], told["people"], told["unsubscribed"]) == (1, 1, 0)


def test_a_canary_is_stored(admin, number, database):
    body = {**NEW, "canary": 50, "canary_limit": 0.2, "canary_wait": 30}
    made = admin.post("/broadcasts", body).json["id"]
    with database.reading() as session:
        row = broadcasts.get(session, made)
        assert (row.canary, row.canary_limit, row.canary_wait) == (50, 0.2, 30)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"canary": 0}, "canary"),
        ({"canary": 1.5}, "canary"),
        ({"canary": 1, "canary_limit": 1.1}, "canary_limit"),
        ({"canary": 1, "canary_wait": -1}, "canary_wait"),
        ({"canary_wait": 5}, "canary_wait"),
        ({"options": {"track": 1}}, "options.track"),
    ],
)
def test_what_is_refused(admin, number, change, field):
    response = admin.post("/broadcasts", {**NEW, **change})
    assert response.status_code == 422, response.json
    assert field in [fault["field"] for fault in response.json["faults"]]
    if field != "options.track" and change.get("canary") != 1.5:
        preview = admin.post("/broadcasts/preview", {**NEW, **change}).json
        assert field in [fault["field"] for fault in preview["faults"]]


WRITES = ["retry", "edit", "recall", "pause", "resume", "cancel"]
READS = ["recall", "operations", "events", "numbers"]
BODIES = {"retry": {"which": "failed"}, "edit": {"text": "x"}}


@pytest.mark.parametrize("word", WRITES)
def test_only_admins_decide(operator, browser, path, word):
    assert operator.post(f"{path}/{word}", BODIES.get(word)).status_code == 403
    assert browser.post(f"{path}/{word}", BODIES.get(word)).status_code == 401


@pytest.mark.parametrize("word", READS)
def test_operators_read(operator, member, path, word):
    assert operator.get(f"{path}/{word}").status_code == 200
    assert member.get(f"{path}/{word}").status_code == 403


@pytest.mark.parametrize("word", READS)
def test_unknown_broadcasts_are_404(admin, word):
    assert admin.get(f"/broadcasts/99/{word}").status_code == 404


@pytest.mark.parametrize("word", WRITES)
def test_nothing_is_decided_about_unknown_ones(admin, word):
    assert admin.post(f"/broadcasts/99/{word}", BODIES.get(word)).status_code == 404


def test_nothing_is_tracked_where_nobody_finds_the_site(admin, app, settings, number):
    from dataclasses import replace

    from appliance.routers.api import context

    context.init_app(app, context.Context(replace(settings, bot_mode="polling")))
    tracked = {"text": "x", "options": {"track": True}}
    for path in ("/broadcasts", f"/broadcasts/{number}/edit", "/broadcasts/plan"):
        body = tracked if path.endswith("edit") else {**NEW, **tracked}
        response = admin.post(path, body)
        assert response.status_code == 422
        assert response.json["faults"][0]["field"] == "options.track"
