"""The document of `status --json`, part by part."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from appliance import __version__
from appliance.crud.chats import chats
from appliance.crud.messages import messages
from appliance.crud.settings import FLOOD, put_setting
from appliance.database import SCHEMA
from appliance.models import Broadcast
from appliance.services import status
from appliance.services.leases import TTL, Holding, identity

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
STOPPED = {"state": "stopped", "holder": None, "heartbeat_at": None}


@pytest.fixture
def document(database):
    def document(now=NOW):
        with database.reading() as session:
            found = status.document(session, now)
        json.dumps(found)
        return found

    return document


def test_nothing_runs_yet(document):
    assert document() == {
        "parts": dict.fromkeys(["web", "updates", "delivery", "schedule"], STOPPED),
        "queue": {"pending": 0, "oldest_seconds": 0.0},
        "set_aside": 0,
        "flood_until": None,
        "chat_pauses": [],
        "refused": [],
        "version": __version__,
        "schema": SCHEMA,
    }


def test_a_part_that_runs(database, document):
    holding = Holding(database, "delivery")
    holding.acquire(NOW)
    alive = {
        "state": "running",
        "holder": holding.holder,
        "heartbeat_at": "2026-09-01T12:00:00.000Z",
    }
    assert document()["parts"]["delivery"] == alive
    holding.beat("sending", NOW)
    assert document()["parts"]["delivery"] == alive | {"state": "sending"}
    assert document()["parts"]["updates"] == STOPPED
    holding.release()
    assert document()["parts"]["delivery"] == STOPPED


def test_a_part_whose_lease_ran_out(database, document):
    Holding(database, "delivery", holder="other 1[2] 3 4").acquire(NOW)
    assert (
        document(NOW + TTL - timedelta(milliseconds=1))["parts"]["delivery"]["state"] == "running"
    )
    assert document(NOW + TTL)["parts"]["delivery"]["state"] == "dead"


def test_a_part_whose_process_is_gone(database, document):
    machine, _, started = identity().rsplit(" ", 2)
    Holding(database, "delivery", holder=f"{machine} {2**22 + 1} {started}").acquire(NOW)
    assert document()["parts"]["delivery"]["state"] == "dead"
    with database.reading() as session:
        assert not status.is_running(session, "delivery", NOW)


def test_is_running(database):
    with database.reading() as session:
        assert not status.is_running(session, "delivery", NOW)
    Holding(database, "delivery").acquire(NOW)
    with database.reading() as session:
        assert status.is_running(session, "delivery", NOW)
        assert not status.is_running(session, "delivery", NOW + TTL)


def test_what_waits(database, document):
    with database.writing() as session:
        chats.remember(session, 1)
        messages.queue(session, 1, "sendMessage", {}, now=NOW - timedelta(seconds=5))
        session.add(
            Broadcast(
                text="x",
                audience={},
                status="running",
                pending=3,
                sending=2,
                created_at=NOW - timedelta(hours=1),
                started_at=NOW - timedelta(seconds=30),
            )
        )
        session.add(Broadcast(text="x", audience={}, status="paused", pending=100, created_at=NOW))
    assert document()["queue"] == {"pending": 6, "oldest_seconds": 30.0}


def test_a_clock_that_went_back(database, document):
    with database.writing() as session:
        chats.remember(session, 1)
        messages.queue(session, 1, "sendMessage", {}, now=NOW + timedelta(seconds=5))
    assert document()["queue"] == {"pending": 1, "oldest_seconds": 0.0}


def test_a_flood_pause_is_told_while_it_lasts(database, document):
    until = NOW + timedelta(seconds=30)
    with database.writing() as session:
        put_setting(session, FLOOD, {"until": until.timestamp()})
    assert document()["flood_until"] == "2026-09-01T12:00:30.000Z"
    assert document(until)["flood_until"] is None


def test_one_that_waits_for_its_time_is_not_late(database, document):
    with database.writing() as session:
        session.add(
            Broadcast(
                text="x",
                audience={"to": ["all"], "not": []},
                status="scheduled",
                created_at=NOW - timedelta(days=9),
                starts_at=NOW + timedelta(days=1),
            )
        )
    assert document()["queue"] == {"pending": 0, "oldest_seconds": 0.0}
    assert document(NOW + timedelta(days=1, seconds=5))["queue"]["oldest_seconds"] == 5.0
