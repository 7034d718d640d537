"""Notifications through the API: in every form a monitor can post, once for a key."""

import threading
from io import BytesIO

import pytest

from appliance.crud.chats import chats
from appliance.models import Broadcast, Media, Message, Notification, Priority
from appliance.routers.api import context
from appliance.services.alerts import refused
from support.stored import all_rows

FORM = "application/x-www-form-urlencoded"
APPRISE = {
    "version": "1.0",
    "title": "db1",
    "message": "disk full",
    "attachments": [{"filename": "a.txt", "base64": "eA==", "mimetype": "text/plain"}],
    "type": "failure",
}
GRAFANA = {
    "receiver": "ops",
    "status": "firing",
    "alerts": [{"status": "firing", "labels": {"alertname": "Disk"}, "values": {"B": 44.2}}],
    "title": "db1",
    "state": "alerting",
    "message": "disk full",
}
KUMA = {"heartbeat": {"status": 0}, "monitor": {"name": "db1"}, "msg": "disk full"}
GOTIFY = {"title": "db1", "message": "disk full", "priority": 8, "extras": {}}


@pytest.fixture
def link(database):
    def link(user_id, chat_id):
        with database.writing() as session:
            chats.remember(session, chat_id, first_name="P").user_id = user_id

    return link


@pytest.fixture
def monitor(program, make_user, link):
    """A program of an admin who is linked to the chat 5."""
    ada = make_user("ada", "admin")
    link(ada, 5)
    return program(ada, "notify")


@pytest.fixture
def stored(database):
    return lambda table=Message: all_rows(database, table)


@pytest.fixture
def told(monitor, stored):
    """`told(data=…)`: what a person reads of what was posted."""

    def told(path="/notify", **options):
        response = monitor.post(path, **options)
        assert response.status_code == 202, response.text
        return stored()[-1].text

    return told


def test_without_a_word_more_it_goes_to_whose_token_it_is(monitor, stored):
    response = monitor.post("/notify", data=b"disk full", content_type=FORM)
    assert response.status_code == 202
    assert response.json == {"id": 1, "to": "user:1", "messages": 1, "broadcast_id": None}
    (message,) = stored()
    assert (message.chat_id, message.text, message.priority) == (5, "disk full", 1)
    assert stored(Notification)[0].actor == "token:1"


@pytest.mark.parametrize("media", [FORM, "text/plain", "text/plain; charset=utf-8", None])
@pytest.mark.parametrize(
    "text",
    [
        *("disk full", "диск полон 💾", "100% of /var", "a=b & c=d", "load=5", "=", "50%20x", "+1"),
        *("a\nb\r\nc", "<b>not bold</b>", '{"up": 1}', "a&b", "x" * 4096),
    ],
)
def test_a_bare_text_is_told_as_it_stands(told, media, text):
    expected = text.replace("\r\n", "\n")
    assert told(data=text.encode(), content_type=media).replace("\r\n", "\n") == expected


@pytest.mark.parametrize(
    "options",
    [
        {"data": {"text": "disk & full", "title": "db1", "priority": "low"}},
        {"data": {"message": "disk & full", "title": "db1", "priority": "low"}},
        {
            "data": {"text": "disk & full", "title": "db1", "priority": "low"},
            "content_type": "multipart/form-data",
        },
        {"json": {"text": "disk & full", "title": "db1", "priority": "low"}},
        {"data": b"title=db1&text=disk+%26 full&priority=low", "content_type": FORM},
        {
            "data": b"version=1.0&title=db1&message=disk+%26+full&type=info",  # Apprise, form://
            "content_type": FORM,
            "path": "/notify?priority=low",
        },
        {"data": b"disk & full", "path": "/notify?title=db1&priority=low"},
        {"json": {"message": "disk & full"}, "path": "/notify?title=db1&priority=low"},
    ],
)
def test_fields_in_every_form(told, stored, options):
    assert told(**options) == "db1\ndisk & full"
    assert stored()[0].params["disable_notification"] is True


@pytest.mark.parametrize("body", [APPRISE, GRAFANA, GOTIFY, KUMA])
def test_monitors_post_what_they_like(told, body):
    assert told(json=body) == ("disk full" if body is KUMA else "db1\ndisk full")
    assert told("/notify?title=web", json={**body, "title": ""}) == "web\ndisk full"


def test_the_body_goes_before_the_address(monitor, stored, link, make_user):
    link(make_user("ben"), 6)
    body = {"text": "x", "to": "chat:6", "title": "body", "format": "html", "priority": "high"}
    path = "/notify?to=chat:5&title=address&format=plain&priority=low"
    assert monitor.post(path, json=body).json["to"] == "chat:6"
    assert monitor.post(path, json={**APPRISE, "to": "chat:6", "title": "body"}).status_code == 202
    assert [message.chat_id for message in stored()] == [6, 6]
    assert [message.text for message in stored()] == ["body\nx", "body\ndisk full"]
    assert [message.params["disable_notification"] for message in stored()] == [False, True]


def test_to_a_role_it_is_a_broadcast(monitor, stored):
    response = monitor.post("/notify?to=role:admin", data=b"x")
    assert response.json == {"id": 1, "to": "role:admin", "messages": 1, "broadcast_id": 1}
    (broadcast,) = stored(Broadcast)
    assert (broadcast.priority, broadcast.created_by) == (Priority.NOTIFICATION, 1)
    assert stored() == []


def test_buttons(monitor, stored):
    buttons = [[{"text": "Log", "url": "https://ci.example.org/31"}]]
    assert monitor.post("/notify", json={"text": "x", "buttons": buttons}).status_code == 202
    assert stored()[0].params["reply_markup"] == {"inline_keyboard": buttons}


def test_a_session_may_too(member, link, stored):
    link(1, 5)
    assert member.post("/notify", {"text": "x"}).status_code == 202
    assert stored(Notification)[0].actor == "user:1"
    assert member.client.post("/api/v1/notify", json={"text": "x"}).status_code == 403  # CSRF


def test_a_key_answers_the_first(monitor, stored):
    for path, table in (("/notify", Message), ("/notify?to=role:admin", Broadcast)):
        headers = {"Idempotency-Key": path}
        first = monitor.post(path, data=b"one", headers=headers)
        again = monitor.post(path, data=b"one", headers=headers)
        other = monitor.post(path, data=b"two", headers=headers)
        assert (first.status_code, again.status_code, other.status_code) == (202, 200, 409)
        assert again.json == first.json
        assert len(stored(table)) == 1


def test_a_key_at_the_same_time(app, monitor, stored):
    go, answers = threading.Barrier(8), []

    def post():
        go.wait()
        answers.append(monitor.post("/notify", data=b"x", headers={"Idempotency-Key": "k"}))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [202]
    assert len({answer.text for answer in answers}) == 1
    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("options", "status", "fault"),
    [
        ({"data": b""}, 422, ("text", None)),
        ({"data": b"a\0b"}, 422, ("text", None)),
        ({"data": b"<b>a\n<i>b", "path": "?format=html"}, 422, ("text", 5)),
        ({"data": b"text=disk & memory", "content_type": FORM}, 422, (" memory", None)),
        ({"json": {"text": "x", "priorty": "low"}}, 422, ("priorty", None)),
        ({"json": {"text": "x", "priority": 5}}, 422, ("priority", None)),
        ({"json": {"message": None}}, 422, ("message", None)),
        ({"json": {"message": "x", "to": 5}}, 422, ("to", None)),
        ({"json": ["x"]}, 422, ("", None)),
        ({"json": {"text": "x", "buttons": [[{"text": "x"}]]}}, 422, ("buttons.0.0.url", None)),
        ({"data": b"x", "path": "?to=everybody"}, 422, ("to", None)),
        ({"data": b"x", "path": "?priority=urgent"}, 422, ("priority", None)),
        ({"data": b"x", "path": "?token=x"}, 422, ("token", None)),
        ({"data": b"x", "headers": {"Idempotency-Key": "x" * 201}}, 422, ("key", None)),
        ({"data": b"x", "path": "?to=user:nobody@example.org"}, 404, None),
        ({"data": b"x", "path": "?to=role:operator"}, 409, None),
        ({"data": b"\xff\xfe"}, 400, None),
        ({"data": b"{", "content_type": "application/json"}, 400, None),
        ({"data": b"[" * 5000, "content_type": "application/json"}, 400, None),
        ({"data": b"<a/>", "content_type": "application/xml"}, 415, None),
        ({"data": b"x" * 64_001}, 422, ("text", None)),
        ({"data": b"x" * (16 * 1024 * 1024 + 1)}, 413, None),
    ],
)
def test_what_a_person_is_refused(admin, link, stored, options, status, fault):
    """With the place: they can mend it."""
    link(1, 5)
    headers = {"X-CSRF-Token": admin.token, **options.pop("headers", {})}
    path = "/api/v1/notify" + options.pop("path", "")
    response = admin.client.post(path, headers=headers, **options)
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    if fault is not None:
        (told,) = response.json["faults"]
        assert (told["field"], told.get("offset")) == fault
    assert stored() == stored(Notification) == stored(Broadcast) == []


def test_who_blocked_the_bot_is_a_conflict_that_says_so(monitor, stored, database):
    with database.writing() as session:
        chats.set_status(session, 5, "blocked")
    response = monitor.post("/notify?priority=high", data=b"x")
    assert (response.status_code, response.json["type"]) == (
        *(409, "urn:appliance:problem:nothing-to-do"),
    )
    assert response.json["detail"] == "P blocked the bot: nothing was queued"
    assert stored() == []


def test_members_tell_themselves_only(program, make_user, link, stored):
    mila = make_user("mila")
    link(mila, 7)
    caller = program(mila, "notify")
    assert caller.post("/notify", data=b"x").status_code == 202
    for to in ("role:admin", "chat:5", "user:ada@example.org"):
        response = caller.post(f"/notify?to={to}", data=b"x")
        assert (response.status_code, len(stored())) == (403, 1)


def test_operators_tell_one_person_and_not_a_role(program, make_user, link, stored):
    olga = make_user("olga", "operator")
    link(olga, 7)
    caller = program(olga, "notify")
    assert caller.post("/notify?to=chat:7", data=b"x").status_code == 202
    response = caller.post("/notify?to=role:operator", data=b"x")
    assert (response.status_code, len(stored())) == (403, 1)
    assert (
        response.json["detail"] == "only admins can notify a topic or a role: name a user or a chat"
    )


def test_another_scope_is_not_enough(program, make_user):
    response = program(make_user("ada", "admin"), "read", "broadcasts", "inbox").post(
        "/notify", data=b"x"
    )
    assert response.json["detail"] == "this needs a token with the scope notify"


def test_in_russian(monitor):
    response = monitor.post("/notify?to=role:operator", data=b"x")
    assert response.headers["Content-Language"] == "en"
    response = monitor.post("/notify?to=x", data=b"x", headers={"Accept-Language": "ru"})
    assert response.headers["Content-Language"] == "en"  # the user's, not the program's


JSON = "application/json"
COLOURED = b"\x1b[31mdisk\x1b[0m \x1b]0;title\x07full\x00"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"data": b"version=2.1 deployed", "content_type": FORM}, "version=2.1 deployed"),
        ({"data": b"to=day: no & more", "content_type": FORM}, "to=day: no & more"),
        ({"data": b"text=disk & memory", "content_type": FORM}, "text=disk & memory"),
        ({"data": b"title=up&text=x&priority=urgent", "content_type": FORM}, "up\nx"),
        ({"data": COLOURED, "content_type": FORM}, "disk full"),
        ({"data": COLOURED, "content_type": "text/plain"}, "disk full"),
        ({"json": {"text": COLOURED.decode(), "title": "a\0b"}}, "ab\ndisk full"),
        ({"data": b"disk \xff full"}, "disk \ufffd full"),
        (
            {"data": "диск".encode("cp1251"), "content_type": "text/plain; charset=windows-1251"},
            "диск",
        ),
        ({"data": b"x", "content_type": "text/plain; charset=nothing"}, "x"),
        ({"data": b"# disk", "content_type": "text/markdown"}, "# disk"),
        ({"data": b"<a/>", "content_type": "application/xml"}, "<a/>"),
        ({"data": b"{", "content_type": JSON}, "{"),
        ({"data": b"[" * 5000, "content_type": JSON}, None),
        ({"data": b'["x"]', "content_type": JSON}, '["x"]'),
        ({"data": b'{"text": "x", "priorty": "low"}', "content_type": "text/plain"}, "x"),
        ({"json": {"text": "x", "priority": 5, "format": "markdown"}}, "x"),
        ({"json": {"text": 5, "title": 7}}, "7\n5"),
        ({"json": {"text": None, "title": "up"}}, "up"),
        ({"json": {"a": 1, "message": None}}, '{"a": 1, "message": null}'),
        ({"json": {"text": "x", "buttons": [[{"text": "x"}]]}}, "x"),
        ({"json": {"text": "x", "buttons": [[{"text": "x", "url": "javascript:1"}]]}}, "x"),
        ({"json": {"text": "a <b", "format": "html"}}, "a <b"),
        ({"json": {"text": "x", "title": "t" * 300}}, "t" * 254 + "…\nx"),
        ({"data": b"x", "path": f"?token=x&priority=urgent&title={'t' * 300}"}, None),
        ({"data": b"x", "headers": {"Idempotency-Key": "x" * 201}}, "x"),
        ({"data": b"x", "headers": {"Idempotency-Key": ""}}, "x"),
        (
            {
                "data": {"data": '{"msg": "down", "heartbeat": {}, "monitor": null}'},
                "content_type": "multipart/form-data",  # Uptime Kuma
            },
            "down",
        ),
        (
            {
                "data": {
                    "message": "x",
                    "unknown": "y",
                    "file": (BytesIO(b"z" * 300_000), "a.txt"),
                },
                "content_type": "multipart/form-data",
            },
            "x",
        ),
        ({"json": {**APPRISE, "attachments": [{"base64": "eA==" * 2**19}]}}, "db1\ndisk full"),
        ({"data": {"payload": '{"text": "x"}'}}, "x"),
    ],
)
def test_what_a_program_says_arrives(monitor, stored, options, text):
    response = monitor.post("/notify" + options.pop("path", ""), **options)
    assert response.status_code == 202, response.text
    (message,) = stored()
    assert text is None or message.text == text


@pytest.mark.parametrize("to", ["user:1", "role:admin"])
def test_a_long_text_is_cut_and_the_whole_goes_along(monitor, stored, settings, to):
    text = "<head> " + "line\n" * 2000 + "tail"
    response = monitor.post(f"/notify?to={to}", json={"title": "db1", "text": text})
    assert response.status_code == 202, response.text
    (kept,) = (settings.data / "media").iterdir()
    assert kept.read_text() == f"db1\n\n{text}"
    (file,) = stored(Media)
    assert (file.name, file.kind) == ("message.txt", "document")
    (row,) = stored(Message) if to == "user:1" else stored(Broadcast)
    assert row.media == [{"id": file.id, "kind": "document"}]
    if to == "user:1":
        assert row.method == "sendDocument" and row.params["parse_mode"] == "HTML"
        assert row.params["caption"].startswith("<b>db1</b>\n&lt;head&gt; line")
        assert row.text.startswith("db1\n<head>") and row.text.endswith("…")
        assert 1000 < len(row.text) <= 1024


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"data": b""}, 422),
        ({"data": b"\x00 \x1b[0m"}, 422),
        ({"data": b"x", "path": "?to=everybody"}, 422),
        ({"data": b"x", "path": "?to=user:nobody@example.org"}, 404),
        ({"data": b"x", "path": "?to=role:operator"}, 409),
        ({"data": b"x", "headers": {"Content-Encoding": "gzip"}}, 415),
        ({"data": b"x" * (16 * 1024 * 1024 + 1)}, 413),
    ],
)
def test_what_a_program_is_refused_is_logged(monitor, stored, caplog, app, options, status):
    with app.app_context():
        context.context().refused_alerts.clear()
    size = len(options["data"])
    response = monitor.post("/notify" + options.pop("path", ""), **options)
    assert response.status_code == status
    assert "notify: an alert of the token 1 ('test') was refused: " in caplog.text
    assert f"({size} bytes; 1 refused since the start)" in caplog.text
    assert stored() == stored(Notification) == stored(Broadcast) == []
    (told,) = shown_refusals(app)
    assert (told["token"], told["count"]) == ("test", 1)
    assert told["reason"]
    monitor.post("/notify?to=everybody", data=b"x")
    assert [entry["count"] for entry in shown_refusals(app)] == [2]


def shown_refusals(app):
    with app.app_context():
        return refused.listed(context.session())


def test_files_that_are_left_out_are_told(monitor, stored, caplog, app):
    data = {"message": "disk full", "shot": (BytesIO(b"x" * 10), "shot.png")}
    response = monitor.post("/notify", data=data)
    assert response.status_code == 202
    assert "notify: 1 files of an alert of the token 1 ('test') was refused" in caplog.text
    (told,) = shown_refusals(app)
    assert (told["count"], told["reason"]) == (1, "only the text is sent")
