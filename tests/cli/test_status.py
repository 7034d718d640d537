"""`appliance status`"""

import time

from appliance.crud import updates
from appliance.crud.settings import FLOOD, put_setting
from appliance.models import utcnow
from appliance.services.alerts import refused
from appliance.services.leases import Holding


def test_the_shape(database, answer):
    document = answer("status")
    assert list(document) == [
        "parts",
        "queue",
        "set_aside",
        "flood_until",
        "chat_pauses",
        "refused",
        "version",
        "schema",
    ]
    assert list(document["parts"]) == ["web", "updates", "delivery", "schedule"]
    assert list(document["parts"]["web"]) == ["state", "holder", "heartbeat_at"]
    assert list(document["queue"]) == ["pending", "oldest_seconds"]


def test_for_people(database, invoke, known):
    Holding(database, "delivery").acquire()
    with database.writing() as session:
        put_setting(session, FLOOD, {"until": time.time() + 60})
    lines = invoke("status").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "web",
        "updates",
        "delivery",
        "schedule",
        "queue",
        "flood",
        "version",
    ]
    assert "running" in lines[2]
    assert "0 waiting" in lines[4]


def test_what_could_not_be_handled_is_told(database, invoke, answer):
    with database.writing() as session:
        now = utcnow()
        updates.store(session, [updates.NewUpdate(7, 1, {"update_id": 7})], now)
        updates.set_aside(session, updates.take(session, 1)[0].seq, "KeyError", now)
    assert answer("status")["set_aside"] == 1
    lines = invoke("status").stdout.splitlines()
    (line,) = [line for line in lines if line.startswith("set aside")]
    assert "1 update" in line
    assert "docs/telegram.md" in line


def test_alerts_that_nobody_got_are_told(database, invoke, answer):
    with database.writing() as session:
        refused.add(session, {5: ("ci", 3, "there is no topic x")}, utcnow())
    (told,) = answer("status")["refused"]
    assert (told["token"], told["count"], told["reason"]) == ("ci", 3, "there is no topic x")
    (line,) = [row for row in invoke("status").stdout.splitlines() if row.startswith("refused")]
    assert "3 of token ci, the last" in line and line.endswith(": there is no topic x")


def test_without_a_database_it_says_what_to_run(home, invoke, refused):
    assert f"run `appliance --home {home} init`" in refused(invoke("status"), 1)


def test_without_settings_it_says_what_to_run(home, invoke, refused):
    (home / ".env").unlink()
    assert f"run `appliance --home {home} init`" in refused(invoke("status"), 1)


def test_a_broken_database_is_one_line(home, invoke, refused):
    (home / "data" / "database.db").write_bytes(b"garbage" * 1000)
    assert "cannot use the database" in refused(invoke("status"), 1)
