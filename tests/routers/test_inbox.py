"""The shared inbox over HTTP: who sees what, what is answered, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud import settings
from appliance.crud.chats import chats
from appliance.crud.messages import messages, threads
from appliance.models import ChatStatus, DeliveryState, Message, Priority
from appliance.routers.api import context
from support.pictures import JPEG

NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def write(database):
    """`write(7, "hello")`: a person writes; the id of the message's row."""

    def write(chat_id, text="hello", minutes=0, name="Anna", **columns):
        now = NOON + timedelta(minutes=minutes)
        with database.writing() as session:
            chats.remember(session, chat_id, first_name=name, now=now)
            threads.heard(session, chat_id, now)
            return messages.record_incoming(session, chat_id, text, 5, now, **columns).id

    return write


@pytest.fixture
def upload():
    def upload(browser, path, content=JPEG, name="hall.jpg", **fields):
        parts = [(f'name="{key}"', value.encode()) for key, value in fields.items()]
        parts.append((f'name="file"; filename="{name}"', content))
        body = b"".join(
            f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + value + b"\r\n"
            for head, value in parts
        )
        return browser.client.post(
            f"/api/v1{path}",
            data=body + b"--b--\r\n",
            headers={"X-CSRF-Token": browser.token},
            content_type="multipart/form-data; boundary=b",
        )

    return upload


def ids(response):
    return [item["chat"]["id"] for item in response.json["items"]]


def test_threads_come_in_pages_the_latest_first(operator, write):
    for chat_id in (1, 2, 3):
        write(chat_id, minutes=chat_id)
    first = operator.get("/inbox?limit=2")
    assert ids(first) == [3, 2]
    thread = first.json["items"][0]
    assert thread == {
        "chat": {
            "id": 3,
            "type": "private",
            "name": "Anna",
            "username": None,
            "status": "active",
        },
        "user": None,
        "status": "open",
        "assigned": None,
        "labels": [],
        "unread": 1,
        "last_text": "hello",
        "last_direction": "in",
        "last_at": "2026-09-01T12:03:00Z",
        "banned": False,
    }
    rest = operator.get(f"/inbox?limit=2&cursor={first.json['next_cursor']}")
    assert (ids(rest), rest.json["next_cursor"]) == ([1], None)


def test_threads_are_narrowed(operator, write):
    write(1, "where is the hall?", name="Анна")
    write(2, "thanks")
    operator.patch("/inbox/2", {"status": "closed", "labels": ["choir", "тенор"]})
    me = operator.get("/session").json["user"]["id"]
    operator.patch("/inbox/1", {"assigned_to": me})
    for query, found in {
        "status=all": [2, 1],
        "status=open": [1],
        "status=closed": [2],
        "status=all&label=choir": [2],
        "status=all&label=тенор": [2],
        "status=all&label=cho": [],
        "status=all&assigned=me": [1],
        "status=all&assigned=none": [2],
        f"status=all&assigned={me}": [1],
        "status=all&q=HALL": [1],
        "status=all&q=анна": [1],
        "status=all&q=2": [2],
        "status=all&q=%25": [],
    }.items():
        assert sorted(ids(operator.get(f"/inbox?{query}"))) == sorted(found), query
    assert operator.get("/inbox?assigned=nobody").status_code == 422


def test_a_reply_is_queued_before_all_else(operator, write, database):
    write(1)
    response = operator.post("/inbox/1/reply", {"text": "<b>Hi</b>", "format": "html"})
    assert response.status_code == 201
    shown = response.json
    assert (shown["text"], shown["html"], shown["state"]) == ("Hi", "<b>Hi</b>", "pending")
    assert (shown["direction"], shown["author"]["name"]) == ("out", "Oleg")
    with database.reading() as session:
        row = session.get(Message, shown["id"])
        assert (row.method, row.priority) == ("sendMessage", Priority.REPLY)
        assert row.params == {"text": "<b>Hi</b>", "parse_mode": "HTML"}
    thread = operator.get("/inbox/1").json
    assert (thread["unread"], thread["last_text"], thread["last_direction"]) == (0, "Hi", "out")


def test_the_same_key_answers_once(operator, write, database):
    write(1), write(2)
    key = {"Idempotency-Key": "abc"}
    first = operator.post("/inbox/1/reply", {"text": "Hi"}, headers=key)
    again = operator.post("/inbox/1/reply", {"text": "Hi"}, headers=key)
    other = operator.post("/inbox/2/reply", {"text": "Hi"}, headers=key)
    assert first.json["id"] == again.json["id"] != other.json["id"]
    long = {"Idempotency-Key": "x" * 256}
    assert operator.post("/inbox/1/reply", {"text": "Hi"}, headers=long).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "<b>", "format": "html"}, "text"),
        ({"text": "x", "format": "markdown"}, "format"),
    ],
)
def test_replies_that_telegram_would_refuse(operator, write, body, field):
    write(1)
    response = operator.post("/inbox/1/reply", body)
    assert response.status_code == 422
    assert response.json["faults"][0]["field"] == field


def test_who_cannot_be_reached(operator, write, database):
    write(1)
    with database.writing() as session:
        chats.set_status(session, 1, ChatStatus.BLOCKED)
    response = operator.post("/inbox/1/reply", {"text": "Hi"})
    assert response.status_code == 409
    assert "blocked" in response.json["detail"]
    assert operator.get("/inbox/1").json["chat"]["status"] == "blocked"
    with database.writing() as session:
        chats.set_status(session, 1, ChatStatus.NEW)
    assert operator.post("/inbox/1/reply", {"text": "Hi"}).status_code == 409


def test_an_answer_that_failed_says_why(operator, write, database):
    write(1)
    number = operator.post("/inbox/1/reply", {"text": "Hi"}).json["id"]
    with database.writing() as session:
        messages.take(session, 5)
        outcome = messages.MessageOutcome(number, DeliveryState.FAILED, "blocked")
        messages.record(session, [outcome], NOON)
    (line, _) = operator.get("/inbox/1/messages").json["items"]
    assert (line["state"], line["reason"]) == ("failed", "blocked")


def test_messages_come_newest_first(operator, write, database):
    first, second = write(1, "one"), write(1, "two")
    page = operator.get("/inbox/1/messages?limit=1").json
    assert [line["id"] for line in page["items"]] == [second]
    rest = operator.get(f"/inbox/1/messages?cursor={page['next_cursor']}").json
    assert [line["id"] for line in rest["items"]] == [first]
    assert rest["items"][0]["html"] == "one"


def test_edits_are_shown(operator, write):
    edits = [{"text": "helo", "at": "2026-09-01T11:00:00Z"}]
    write(1, "hello", edits=edits, edited_at=NOON)
    (line,) = operator.get("/inbox/1/messages").json["items"]
    assert line["edits"] == edits
    assert line["edited_at"] == "2026-09-01T12:00:00Z"


def test_a_file_from_the_web(operator, write, upload, database):
    write(1)
    shown = upload(operator, "/inbox/1/files", caption="Look {here}").json
    (file,) = shown["files"]
    assert (file["kind"], file["name"], file["mime"]) == ("photo", "hall.jpg", "image/jpeg")
    with database.reading() as session:
        row = session.get(Message, shown["id"])
        assert (row.method, row.params) == ("sendPhoto", {"caption": "Look {here}"})
    seen = operator.get(file["url"])
    assert (seen.status_code, seen.data, seen.mimetype) == (200, JPEG, "image/jpeg")
    assert seen.headers["Content-Disposition"].startswith("inline")

    shown = upload(operator, "/inbox/1/files", b"<svg/>", "a.svg").json
    saved = operator.get(shown["files"][0]["url"])
    assert saved.mimetype == "application/octet-stream"
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert saved.headers["X-Content-Type-Options"] == "nosniff"
    assert operator.get("/inbox/1").json["last_text"] == "[document]"


def test_files_that_are_not_there(operator, write):
    number = write(1)
    write(2)
    assert operator.get(f"/inbox/1/files/{number}/0").status_code == 404
    assert operator.get(f"/inbox/2/files/{number}/0").status_code == 404
    assert operator.get("/inbox/1/files/999/0").status_code == 404


def test_a_thread_is_worked_on(operator, write):
    write(1)
    me = operator.get("/inbox/operators").json["items"]
    assert [person["name"] for person in me] == ["Oleg"]
    changed = operator.patch(
        "/inbox/1",
        {"assigned_to": me[0]["id"], "labels": [" a  b ", "a b", ""], "banned": True},
    ).json
    assert (changed["assigned"], changed["labels"]) == (me[0], ["a b"])
    assert changed["banned"] is True
    changed = operator.patch("/inbox/1", {"assigned_to": None, "status": "closed"}).json
    assert (changed["assigned"], changed["status"], changed["unread"]) == (None, "closed", 0)
    assert changed["labels"] == ["a b"]


def test_only_operators_are_given_threads(operator, write, make_user):
    write(1)
    member = make_user("mila")
    assert operator.patch("/inbox/1", {"assigned_to": member}).status_code == 422
    assert operator.patch("/inbox/1", {"assigned_to": 999}).status_code == 404
    assert operator.patch("/inbox/1", {"labels": ["x" * 41]}).status_code == 422
    assert operator.patch("/inbox/1", {"labels": [str(n) for n in range(21)]}).status_code == 422


def test_notes(operator, write):
    write(1), write(2)
    note = operator.post("/inbox/1/notes", {"text": " sings bass "})
    assert note.status_code == 201
    assert (note.json["text"], note.json["author"]["name"]) == ("sings bass", "Oleg")
    assert operator.get("/inbox/1").json["notes"] == [note.json]
    number = note.json["id"]
    assert operator.delete(f"/inbox/2/notes/{number}").status_code == 404
    assert operator.delete(f"/inbox/1/notes/{number}").status_code == 204
    assert operator.get("/inbox/1").json["notes"] == []
    assert operator.post("/inbox/1/notes", {"text": "  "}).status_code == 422


def test_reading(operator, write):
    write(1), write(1)
    assert operator.get("/inbox/1").json["unread"] == 2
    assert operator.post("/inbox/1/read").status_code == 204
    assert operator.get("/inbox/1").json["unread"] == 0


def test_a_person_who_never_wrote_has_an_empty_thread(operator, database):
    with database.writing() as session:
        chats.remember(session, 8, first_name="Boris")
        chats.remember(session, -8, type="group", title="Choir")
    assert operator.get("/inbox/8").json["status"] == "closed"
    assert operator.get("/inbox?status=all").json["items"] == []
    assert operator.post("/inbox/8/reply", {"text": "Welcome"}).status_code == 201
    assert operator.get("/inbox/8").json["status"] == "open"
    assert operator.get("/inbox/-8").status_code == 404
    assert operator.get("/inbox/9").status_code == 404
    assert operator.post("/inbox/-8/reply", {"text": "Hi"}).status_code == 404


def test_settings(admin, database):
    empty = {"hours": None, "auto_reply": {"en": "", "ru": ""}, "operators_chat_id": None}
    assert admin.get("/inbox/settings").json == empty
    with database.writing() as session:
        chats.remember(session, -5, type="supergroup", title="Desk")
        settings.put_setting(session, "operators", {"chat_id": -5, "topics": True})
    chosen = {
        "hours": "пн-Fri 9:00-18:00,Sat 10:00-24:00",
        "auto_reply": {"en": "Closed", "ru": "Закрыто"},
        "operators_chat_id": -5,
    }
    answer = admin.write("PUT", "/inbox/settings", chosen).json
    assert answer == {**chosen, "hours": "Mon-Fri 09:00-18:00, Sat 10:00-24:00"}
    with database.reading() as session:
        assert settings.get_setting(session, "operators") == {"chat_id": -5, "topics": True}
    assert admin.write("PUT", "/inbox/settings", empty).json == empty


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hours": "always"}, "hours"),
        ({"operators_chat_id": 4}, "operators_chat_id"),
        ({"auto_reply": {"en": "x" * 1001}}, "auto_reply.en"),
    ],
)
def test_settings_that_are_refused(admin, change, field):
    body = {"hours": None, "auto_reply": {}, "operators_chat_id": None, **change}
    response = admin.write("PUT", "/inbox/settings", body)
    assert response.status_code == 422
    assert response.json["faults"][0]["field"] == field


def test_who_may(browser, member, operator, write):
    write(1)
    for path in ("/inbox", "/inbox/1", "/inbox/1/messages", "/inbox/settings"):
        assert browser.get(path).status_code == 401
        assert member.get(path).status_code == 403
        assert operator.get(path).status_code == 200
    assert member.post("/inbox/1/reply", {"text": "x"}).status_code == 403
    body = {"hours": None, "auto_reply": {}, "operators_chat_id": None}
    assert operator.write("PUT", "/inbox/settings", body).status_code == 403


def test_a_slow_file_keeps_one_thread(operator, write, app):
    number = write(1, files=[{"kind": "document", "file_id": "F"}])
    with app.app_context():
        gate = context.context().telegram
    with gate:
        late = operator.get(f"/inbox/1/files/{number}/0")
        assert (late.status_code, late.headers["Retry-After"]) == (503, "5")
