"""The shapes that scripts rely on."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.broadcasts import broadcasts as crud
from appliance.crud.deliveries import DeliveryRow
from appliance.models import Broadcast, BroadcastStatus, Operation
from appliance.services.broadcasts import REPORT_COLUMNS, as_document, documents

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


def test_the_shape_scripts_rely_on():
    row = Broadcast(
        id=7,
        key="k",
        status=BroadcastStatus.DONE,
        text="hello",
        audience={"to": ["all"], "not": []},
        total=4,
        pending=0,
        sending=0,
        sent=3,
        failed=1,
        skipped=0,
        unknown=0,
        reasons={"blocked": 1},
        note="Bad Request: chat not found",
        starts_at=NOW,
        created_at=NOW,
        started_at=NOW + timedelta(seconds=1),
        finished_at=NOW + timedelta(seconds=3, microseconds=500),
    )
    assert list(as_document(row).items()) == [
        ("id", 7),
        ("key", "k"),
        ("status", "done"),
        ("audience", {"to": ["all"], "not": []}),
        ("total", 4),
        ("pending", 0),
        ("sending", 0),
        ("sent", 3),
        ("failed", 1),
        ("skipped", 0),
        ("unknown", 0),
        ("reasons", {"blocked": 1}),
        ("created_at", "2026-09-01T12:00:00.000Z"),
        ("started_at", "2026-09-01T12:00:01.000Z"),
        ("finished_at", "2026-09-01T12:00:03.000Z"),
        ("seconds", 2.001),
        ("rate", 1.5),
        ("starts_at", "2026-09-01T12:00:00.000Z"),
        ("canary", None),
        ("recipients", 4),
        ("out_of_reach", 0),
        ("note", "Bad Request: chat not found"),
    ]
    json.dumps(as_document(row))


def test_a_new_one_has_no_rate_yet(create, people):
    document = as_document(create()[0])
    assert {document[name] for name in ("started_at", "finished_at", "seconds", "rate")} == {None}


def test_one_under_way_is_measured_until_now(create, people, put, database):
    number = create()[0].id
    put(number, started_at=NOW, sent=30)
    with database.reading() as session:
        document = as_document(crud.get(session, number), NOW + timedelta(seconds=10))
        assert (document["seconds"], document["rate"]) == (10.0, 3.0)
        document = as_document(crud.get(session, number), NOW)
        assert (document["seconds"], document["rate"]) == (0.0, None)


@pytest.mark.parametrize(
    ("counters", "status", "passed", "waiting"),
    [
        ({}, "running", False, False),
        ({"sent": 2, "skipped": 7, "pending": 1}, "running", False, False),
        ({"sent": 2, "sending": 1}, "running", False, True),
        ({"sent": 1, "failed": 1, "unknown": 1}, "running", False, True),
        ({"sent": 3}, "paused", False, True),
        ({"sent": 3}, "halted", False, False),
        ({"sent": 3}, "cancelled", False, False),
        ({"sent": 3}, "running", True, False),
    ],
)
def test_a_canary_waits_to_be_judged(
    create, people, put, database, counters, status, passed, waiting
):
    number = create(canary=3)[0].id
    put(number, status=BroadcastStatus(status), canary_passed=passed, **counters)
    with database.reading() as session:
        shown = as_document(crud.get(session, number))["canary"]
    assert shown == {"people": 3, "waiting": waiting, "passed": passed}


def test_without_a_canary_nothing_waits(create, people, put, database):
    number = create()[0].id
    put(number, status=BroadcastStatus.RUNNING, sent=3, canary_passed=True)
    with database.reading() as session:
        assert as_document(crud.get(session, number))["canary"] is None


def test_a_line_of_a_report():
    row = DeliveryRow(5, "Ann", "ann", 1, "failed", "blocked", 2, None, NOW)
    assert list(documents.report_line(row).items()) == [
        ("chat_id", 5),
        ("state", "failed"),
        ("reason", "blocked"),
        ("attempts", 2),
        ("message_id", None),
        ("updated_at", "2026-09-01T12:00:00.000Z"),
    ]
    assert tuple(documents.report_line(row)) == REPORT_COLUMNS


@pytest.mark.parametrize(("status", "shown"), [("draft", "preparing"), ("running", "running")])
def test_an_operation_that_is_not_ready_is_being_prepared(status, shown):
    operation = Operation(id=1, kind="edit", status=status, created_at=NOW)
    assert documents.operation_document(operation)["status"] == shown
