"""`appliance status`"""

import time

from appliance.crud.settings import FLOOD, put_setting
from appliance.services.leases import Holding


def test_the_shape(database, answer):
    document = answer("status")
    assert list(document) == ["parts", "queue", "flood_until", "version", "schema"]
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


def test_without_a_database_it_says_what_to_run(home, invoke, refused):
    assert f"run `appliance --home {home} init`" in refused(invoke("status"), 1)


def test_without_settings_it_says_what_to_run(home, invoke, refused):
    (home / ".env").unlink()
    assert f"run `appliance --home {home} init`" in refused(invoke("status"), 1)


def test_a_broken_database_is_one_line(home, invoke, refused):
    (home / "data" / "database.db").write_bytes(b"garbage" * 1000)
    assert "cannot open the database" in refused(invoke("status"), 1)
