"""Broadcasts over HTTP: refuse, queue once, follow, stop, report."""

import csv
import io
import threading

import pytest

from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats
from appliance.crud.deliveries import DeliveryOutcome
from appliance.models import MAX_ID, BroadcastStatus, ChatStatus, DeliveryState
from support.broadcasts import FIELDS, deliver

NEW = {"text": "Hello", "format": "plain", "audience": {"to": ["all"], "not": []}}
SHAPE = {*FIELDS, "text", "format", "html", "options", "created_by", "quiet", "variants", "media"}


@pytest.fixture
def people(database):
    """Five chats, one of which blocked the bot."""
    with database.writing() as session:
        for number in range(1, 6):
            chats.remember(session, number, first_name=f"Person {number}", username=f"p{number}")
        chats.set_status(session, 5, ChatStatus.BLOCKED)


@pytest.fixture
def create(admin, people):
    def create(**change):
        response = admin.post("/broadcasts", {**NEW, **change})
        assert response.status_code in {200, 201}, response.json
        return response.json["id"]

    return create


@pytest.fixture
def freeze(database):
    """Write the ledger as the engine does: 1 sent, 2 failed, the rest waits."""

    def freeze(broadcast_id):
        with database.writing() as session:
            deliver(
                session,
                broadcast_id,
                DeliveryOutcome(1, DeliveryState.SENT, message_id=70),
                DeliveryOutcome(2, DeliveryState.FAILED, "chat_not_found"),
            )

    return freeze


def test_a_broadcast_is_queued(admin, people):
    response = admin.post("/broadcasts", NEW)
    assert response.status_code == 201
    broadcast = response.json
    assert set(broadcast) == SHAPE
    assert broadcast["status"] == "scheduled"
    assert broadcast["audience"] == {"to": ["all"], "not": []}
    assert broadcast["created_by"]["name"] == "Ada"
    assert broadcast["html"] == "Hello"
    assert admin.get(f"/broadcasts/{broadcast['id']}").json == broadcast


def test_whoever_follows_it_learns_of_the_canary(admin, create, database):
    assert admin.get(f"/broadcasts/{create()}").json["canary"] is None
    number = create(canary=2)
    first = admin.get(f"/broadcasts/{number}")
    assert first.json["canary"] == {"people": 2, "waiting": False, "passed": False}
    with database.writing() as session:
        row = broadcasts.get(session, number)
        row.status, row.sent = BroadcastStatus.RUNNING, 2
    waiting = admin.get(f"/broadcasts/{number}", headers={"If-None-Match": first.headers["ETag"]})
    assert waiting.json["canary"] == {"people": 2, "waiting": True, "passed": False}
    with database.writing() as session:
        broadcasts.get(session, number).canary_passed = True
    seen = {"If-None-Match": waiting.headers["ETag"]}
    passed = admin.get(f"/broadcasts/{number}", headers=seen)
    assert passed.json["canary"] == {"people": 2, "waiting": False, "passed": True}


def test_the_same_key_is_the_same_broadcast(admin, people):
    headers = {"Idempotency-Key": "weekly-7"}
    first = admin.post("/broadcasts", NEW, headers=headers)
    again = admin.post("/broadcasts", NEW, headers=headers)
    other = admin.post("/broadcasts", {**NEW, "text": "Other"}, headers=headers)
    assert other.status_code == 409
    assert "was used for something else" in other.json["detail"]
    third = admin.post("/broadcasts", {**NEW, "key": "weekly-7"})
    assert [r.status_code for r in (first, again, third)] == [201, 200, 200]
    assert first.json == again.json == third.json
    assert first.json["key"] == "weekly-7"
    assert len(admin.get("/broadcasts").json["items"]) == 1


def test_two_at_once_with_one_key_are_one(admin, people):
    barrier, answers = threading.Barrier(2), []
    headers = {"X-CSRF-Token": admin.token, "Idempotency-Key": "once"}
    cookie = admin.client.get_cookie("session").value

    def send():
        client = admin.client.application.test_client()
        client.set_cookie("session", cookie)
        barrier.wait()
        answers.append(client.post("/api/v1/broadcasts", json=NEW, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert answers[0].json["id"] == answers[1].json["id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": " \n"}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"text": 7}, "text"),
        ({"format": "markdown"}, "format"),
        ({"audience": {"to": ["everybody"]}}, "audience.to"),
        ({"audience": {"to": ["all"], "not": ["chat:x"]}}, "audience.not"),
        ({"audience": {"to": [1]}}, "audience.to.0"),
        ({"options": {"loud": True}}, "options.loud"),
        ({"options": {"buttons": [[{"text": "Go", "url": "go"}]]}}, "options.buttons.0.0"),
        ({"key": ""}, "key"),
        ({"when": "now"}, "when"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is_queued(admin, people, change, field):
    response = admin.post("/broadcasts", {**NEW, **change})
    assert response.status_code == 422, response.json
    assert field in [fault["field"] for fault in response.json["faults"]]
    assert admin.get("/broadcasts").json["items"] == []


def test_a_fault_of_the_markup_has_its_place(admin, people):
    response = admin.post("/broadcasts", {**NEW, "text": "one\ntwo <b>x</i>", "format": "html"})
    fault = response.json["faults"][0]
    assert fault["line"] == 2 and fault["column"] > 1 and fault["offset"] > 4


@pytest.mark.parametrize("word", ["user:nobody@example.org", "user:99", "chat:99"])
def test_an_unknown_recipient_is_404(admin, people, word):
    assert admin.post("/broadcasts", {**NEW, "audience": {"to": [word]}}).status_code == 404


def test_an_empty_audience_is_a_conflict(admin):
    response = admin.post("/broadcasts", NEW)
    assert response.status_code == 409
    assert response.json["type"] == "urn:appliance:problem:nothing-to-do"


def test_two_different_keys_are_refused(admin, people):
    headers = {"Idempotency-Key": "a"}
    assert admin.post("/broadcasts", {**NEW, "key": "b"}, headers=headers).status_code == 422


def test_preview_counts_and_lists_faults(admin, people):
    body = {**NEW, "text": "<b>Hi</b> & <i>you", "format": "html"}
    preview = admin.post("/broadcasts/preview", body).json
    assert preview["count"] == 4
    assert preview["limit"] == 4096
    assert [fault["field"] for fault in preview["faults"]] == ["text"]
    good = admin.post("/broadcasts/preview", {**NEW, "text": "<b>Hi</b>", "format": "html"}).json
    assert (good["html"], good["length"], good["faults"]) == ("<b>Hi</b>", 2, [])
    assert admin.get("/broadcasts").json["items"] == []


def test_preview_of_nothing_is_an_answer(admin):
    body = {**NEW, "text": "", "audience": {"to": []}}
    response = admin.post("/broadcasts/preview", body)
    assert response.status_code == 200
    assert {fault["field"] for fault in response.json["faults"]} == {"text", "audience.to"}


def test_a_live_page_gets_304_until_something_happens(admin, create, freeze):
    broadcast_id = create()
    first = admin.get(f"/broadcasts/{broadcast_id}")
    known = {"If-None-Match": first.headers["ETag"]}
    same = admin.get(f"/broadcasts/{broadcast_id}", headers=known)
    assert (same.status_code, same.data) == (304, b"")
    assert "no-cache" in first.headers["Cache-Control"]
    freeze(broadcast_id)
    changed = admin.get(f"/broadcasts/{broadcast_id}", headers=known)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_pause_resume_cancel(admin, create):
    path = f"/broadcasts/{create()}"
    assert admin.post(f"{path}/resume").status_code == 409
    assert admin.post(f"{path}/pause").json["status"] == "paused"
    assert admin.post(f"{path}/pause").status_code == 409
    assert admin.post(f"{path}/resume").json["status"] == "scheduled"
    assert admin.post(f"{path}/cancel").json["status"] == "cancelled"
    assert admin.post(f"{path}/cancel").status_code == 409
    assert admin.post(f"{path}/resume").status_code == 409


def test_cancel_skips_who_was_not_reached(admin, create, freeze):
    broadcast_id = create()
    freeze(broadcast_id)
    waiting = admin.get(f"/broadcasts/{broadcast_id}").json["pending"]
    cancelled = admin.post(f"/broadcasts/{broadcast_id}/cancel").json
    assert waiting > 0
    assert (cancelled["pending"], cancelled["skipped"]) == (0, waiting)
    assert cancelled["reasons"]["cancelled"] == waiting


def test_broadcasts_come_in_pages(admin, create):
    made = [create(text=f"number {number}") for number in range(5)]
    first = admin.get("/broadcasts?limit=3").json
    rest = admin.get(f"/broadcasts?limit=3&cursor={first['next_cursor']}").json
    ids = [broadcast["id"] for broadcast in first["items"] + rest["items"]]
    assert ids == sorted(made, reverse=True)
    assert rest["next_cursor"] is None


def test_what_happened_to_each(admin, create, freeze):
    broadcast_id = create()
    freeze(broadcast_id)
    page = admin.get(f"/broadcasts/{broadcast_id}/deliveries?limit=3").json
    rest = admin.get(
        f"/broadcasts/{broadcast_id}/deliveries?limit=3&cursor={page['next_cursor']}"
    ).json
    rows = page["items"] + rest["items"]
    assert [(row["chat_id"], row["state"], row["reason"]) for row in rows] == [
        (1, "sent", None),
        (2, "failed", "chat_not_found"),
        (3, "pending", None),
        (4, "pending", None),
    ]
    assert rows[0]["message_id"] == 70 and rows[0]["username"] == "p1"
    failed = admin.get(f"/broadcasts/{broadcast_id}/deliveries?state=failed").json["items"]
    assert [row["chat_id"] for row in failed] == [2]
    bad = admin.get(f"/broadcasts/{broadcast_id}/deliveries?state=lost")
    assert bad.status_code == 422


def test_a_cursor_of_another_filter_is_refused(admin, create, freeze):
    broadcast_id = create()
    freeze(broadcast_id)
    path = f"/broadcasts/{broadcast_id}/deliveries"
    cursor = admin.get(f"{path}?limit=1").json["next_cursor"]
    assert admin.get(f"{path}?state=sent&cursor={cursor}").status_code == 422


def test_the_report_is_csv(admin, create, freeze):
    broadcast_id = create()
    freeze(broadcast_id)
    with admin.get(f"/broadcasts/{broadcast_id}/report.csv") as response:
        assert response.mimetype == "text/csv"
        assert f"broadcast-{broadcast_id}.csv" in response.headers["Content-Disposition"]
        rows = list(csv.reader(io.StringIO(response.text)))
    assert rows[0] == ["chat_id", "state", "reason", "attempts", "message_id", "updated_at"]
    assert [row[:2] for row in rows[1:]] == [
        ["1", "sent"],
        ["2", "failed"],
        ["3", "pending"],
        ["4", "pending"],
    ]
    assert rows[2][2] == "chat_not_found"
    assert rows[1][5] == "2027-01-15T08:00:00.000Z"


def test_the_report_is_streamed(admin, create, freeze):
    broadcast_id = create()
    freeze(broadcast_id)
    path = f"/api/v1/broadcasts/{broadcast_id}/report.csv"
    with admin.client.get(path) as response:
        assert response.is_streamed


@pytest.mark.parametrize("broadcast_id", ["0", "4711", str(MAX_ID + 1), "x"])
@pytest.mark.parametrize("suffix", ["", "/deliveries", "/report.csv"])
def test_an_unknown_broadcast_is_404(operator, broadcast_id, suffix):
    assert operator.get(f"/broadcasts/{broadcast_id}{suffix}").status_code == 404


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_an_unknown_broadcast_cannot_be_changed(admin, action):
    assert admin.post(f"/broadcasts/4711/{action}").status_code == 404


WRITES = ["", "/preview", "/1/pause", "/1/resume", "/1/cancel"]


@pytest.mark.parametrize("suffix", WRITES)
def test_operators_read_and_do_not_write(operator, suffix):
    assert operator.post(f"/broadcasts{suffix}", NEW).status_code == 403


@pytest.mark.parametrize("suffix", ["", "/1", "/1/deliveries", "/1/report.csv"])
def test_members_do_not_read(member, suffix):
    assert member.get(f"/broadcasts{suffix}").status_code == 403


def test_nobody_is_401(app):
    client = app.test_client()
    for suffix in WRITES:
        assert client.post(f"/api/v1/broadcasts{suffix}", json=NEW).status_code == 401
    for suffix in ["", "/1", "/1/deliveries", "/1/report.csv"]:
        assert client.get(f"/api/v1/broadcasts{suffix}").status_code == 401
