"""Schedules over HTTP, and the times of a broadcast."""

from datetime import datetime

import pytest

from appliance.crud.broadcasts import schedules
from appliance.crud.chats import chats
from appliance.errors import localized
from appliance.models import MAX_ID

NEW = {
    "name": "rehearsal",
    "cron": "0 9 * * MON",
    "timezone": "Europe/Berlin",
    "text": "At seven",
    "audience": {"to": ["all"]},
    "max_late": 600,
    "quiet": "22:00-08:00",
}
BROADCAST = {"text": "Hello", "audience": {"to": ["all"]}}


@pytest.fixture
def people(database):
    with database.writing() as session:
        chats.remember(session, 1)


@pytest.fixture
def create(admin, people):
    def create(**change):
        response = admin.post("/schedules", {**NEW, **change})
        assert response.status_code == 201, response.json
        return response.json

    return create


def fields(response):
    assert response.status_code == 422, response.json
    return [fault["field"] for fault in response.json["faults"]]


def test_a_schedule_is_made(create, admin, database):
    made = create()
    assert {name: made[name] for name in NEW if name != "audience"} == {
        name: value for name, value in NEW.items() if name != "audience"
    }
    assert made["audience"] == {"to": ["all"], "not": []}
    assert (made["enabled"], made["last_at"], made["last_result"]) == (True, None, None)
    assert datetime.fromisoformat(made["next_at"]).weekday() == 0
    assert len(made["upcoming"]) == 3
    assert admin.get(f"/schedules/{made['id']}").json == made
    with database.reading() as session:
        assert schedules.get(session, made["id"]).created_by is not None


def test_the_zone_is_the_sites_own(create):
    assert create(timezone=None)["timezone"] == "UTC"


def test_pages(create, admin):
    made = [create(name=name) for name in "abc"]
    first = admin.get("/schedules?limit=2").json
    rest = admin.get(f"/schedules?limit=2&cursor={first['next_cursor']}").json
    assert first["items"] + rest["items"] == made
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cron": "daily"}, "cron"),
        ({"name": ""}, "name"),
        ({"audience": {"to": ["everybody"]}}, "audience.to"),
        ({"at": "2099-01-01 12:00"}, "at"),
    ],
)
def test_what_is_refused(admin, people, change, field):
    assert fields(admin.post("/schedules", {**NEW, **change})) == [field]
    assert admin.get("/schedules").json["items"] == []


def test_a_name_is_taken_once(create, admin):
    create()
    assert admin.post("/schedules", NEW).status_code == 409
    other = create(name="other")["id"]
    assert admin.patch(f"/schedules/{other}", {"name": "rehearsal"}).status_code == 409


def test_changed_paused_resumed(create, admin):
    made = create()
    path = f"/schedules/{made['id']}"
    paused = admin.patch(path, {"enabled": False}).json
    assert (paused["enabled"], paused["next_at"], paused["upcoming"]) == (False, None, [])
    assert admin.patch(path, {"enabled": True}).json == made
    changed = admin.patch(path, {"name": "b", "cron": "5 10 * * *", "timezone": "UTC"}).json
    assert (changed["name"], changed["cron"], changed["timezone"]) == ("b", "5 10 * * *", "UTC")
    assert changed["next_at"].endswith("T10:05:00Z")
    assert fields(admin.patch(path, {"cron": "x"})) == ["cron"]
    assert admin.get(path).json == changed


def test_deleted(create, admin):
    path = f"/schedules/{create()['id']}"
    assert admin.delete(path).status_code == 204
    for response in (admin.get(path), admin.delete(path), admin.patch(path, {"enabled": True})):
        assert response.status_code == 404


def test_admins_only(operator, member, browser):
    for visitor, status in ((operator, 403), (member, 403), (browser, 401)):
        assert visitor.get("/schedules").status_code == status
        assert visitor.post("/schedules", NEW).status_code == status
        assert visitor.delete("/schedules/1").status_code == status
        assert visitor.patch("/schedules/1", {"enabled": False}).status_code == status


def test_an_id_that_is_none(admin):
    assert admin.get(f"/schedules/{MAX_ID + 1}").status_code == 404


# The times of a broadcast


def test_a_broadcast_waits_for_its_time(admin, people):
    times = {"at": "2099-12-24 18:00", "timezone": "Europe/Berlin", "quiet": "22:00-8:00"}
    response = admin.post("/broadcasts", {**BROADCAST, **times, "max_late": 600})
    assert response.status_code == 201
    assert response.json["starts_at"] == "2099-12-24T17:00:00Z"
    assert (response.json["status"], response.json["quiet"]) == ("scheduled", "22:00-08:00")


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ({"at": "soon"}, "at"),
        ({"at": ""}, "at"),
        ({"at": "2099-01-01 12:00", "timezone": "Berlin"}, "timezone"),
        ({"at": "2099-01-01 12:00", "max_late": 10**30}, "max_late"),
        ({"quiet": "22"}, "quiet"),
    ],
)
def test_times_that_cannot_be(admin, people, times, field):
    assert fields(admin.post("/broadcasts", {**BROADCAST, **times})) == [field]


def test_a_preview_lists_faults_of_the_times(admin, people):
    response = admin.post("/broadcasts/preview", {**BROADCAST, "quiet": "22", "max_late": 1})
    assert [fault["field"] for fault in response.json["faults"]] == ["max_late", "quiet"]


def test_what_a_schedule_sends_is_changed(create, admin):
    made = create()
    path = f"/schedules/{made['id']}"
    changed = admin.patch(
        path,
        {
            "text": "At <b>eight</b>",
            "format": "html",
            "variants": {"ru": "В <b>восемь</b>"},
            "audience": {"to": ["linked"], "not": ["lang:de"]},
            "options": {"silent": True},
            "quiet": "",
        },
    ).json
    assert (changed["text"], changed["format"]) == ("At <b>eight</b>", "html")
    assert changed["variants"] == {"ru": "В <b>восемь</b>"}
    assert changed["audience"] == {"to": ["linked"], "not": ["lang:de"]}
    assert (changed["options"], changed["quiet"]) == ({"silent": True}, None)
    assert (changed["cron"], changed["next_at"]) == (made["cron"], made["next_at"])
    assert admin.patch(path, {"options": {}}).json["options"] == {}
    assert admin.get(path).json["text"] == "At <b>eight</b>"


def test_a_change_with_faults_changes_nothing(create, admin):
    made = create()
    path = f"/schedules/{made['id']}"
    assert fields(admin.patch(path, {"text": "<b>", "format": "html", "name": "other"})) == ["text"]
    assert fields(admin.patch(path, {"audience": {"to": ["nobody:x"]}})) == ["audience.to"]
    assert fields(admin.patch(path, {"media": [4711]})) == ["media"]
    assert admin.get(path).json == made


def test_the_last_result_is_read_in_the_readers_language(create, admin, database):
    made = create()
    with database.writing() as session:
        said = localized("{slot} was missed by {late}", slot="2026-09-01 13:00 UTC", late="0:30:01")
        schedules.get(session, made["id"]).last_result = said.dump()
    path = f"/schedules/{made['id']}"
    assert admin.get(path).json["last_result"] == "2026-09-01 13:00 UTC was missed by 0:30:01"
    admin.patch("/users/me", {"language": "ru"})
    assert "пропущена" in admin.get(path).json["last_result"]
