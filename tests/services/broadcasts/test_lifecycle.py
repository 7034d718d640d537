"""Creating, previewing, pausing, cancelling; and the shape scripts rely on."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud import deliveries
from appliance.crud.broadcasts import audience as audience_crud
from appliance.crud.broadcasts import broadcasts as crud
from appliance.crud.broadcasts.audience import Audience, Term
from appliance.crud.chats import chats
from appliance.crud.deliveries import DeliveryRow
from appliance.errors import Conflict, Invalid, NotFound, NothingToDo
from appliance.models import Broadcast, BroadcastStatus, DeliveryState, utcnow
from appliance.services import broadcasts
from appliance.services.broadcasts import NewBroadcast, as_document, lifecycle

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
ALL = NewBroadcast("hello", to=("all",))


@pytest.fixture
def people(database):
    with database.writing() as session:
        for chat_id in (1, 2, 3):
            chats.remember(session, chat_id, first_name="P", language="en")


@pytest.fixture
def create(database):
    def create(text="hello", **values):
        with database.writing() as session:
            values = {"to": ("all",), **values}
            return broadcasts.create(session, NewBroadcast(text, **values))

    return create


@pytest.fixture
def change(database):
    """`change("pause", 1)` is the status after it."""

    def change(verb, number):
        with database.writing() as session:
            return str(getattr(broadcasts, verb)(session, number).status)

    return change


@pytest.fixture
def put(database):
    def put(number, **values):
        with database.writing() as session:
            row = crud.get(session, number)
            for name, value in values.items():
                setattr(row, name, value)

    return put


@pytest.fixture
def count(database):
    def count():
        with database.reading() as session:
            return len(crud.list_page(session, 100))

    return count


def test_created(create, people):
    row, created = create(
        "<b>x</b>",
        format="html",
        to=("lang:en", "all"),
        exclude=("chat:3",),
        options={"silent": True},
        key="k",
    )
    assert created
    assert (row.status, row.text, row.format, row.key) == ("scheduled", "<b>x</b>", "html", "k")
    assert row.audience == {"to": ["lang:en", "all"], "not": ["chat:3"]}
    assert row.options == {"silent": True}
    assert broadcasts.audience_of(row) == Audience(
        (Term("lang", "en"), Term("all")), (Term("chat", "3"),)
    )


def test_a_key_creates_once(create, people, count):
    first, created = create(key="k")
    again, created_again = create("something else", key="k")
    assert (created, created_again) == (True, False)
    assert (again.id, again.text) == (first.id, "hello")
    assert count() == 1


def test_a_used_key_is_answered_even_when_the_rest_is_wrong_now(create, people, database):
    """A script that is run again: its audience may be empty by now."""
    first, _ = create(key="k")
    with database.writing() as session:
        for chat_id in (1, 2, 3):
            chats.find(session, chat_id).status = "stopped"
    assert create(key="k")[0].id == first.id


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"text": ""}, Invalid),
        ({"text": "<b>", "format": "html"}, Invalid),
        ({"format": "markdown"}, Invalid),
        ({"options": {"x": 1}}, Invalid),
        ({"key": ""}, Invalid),
        ({"key": "k" * 256}, Invalid),
        ({"to": ()}, Invalid),
        ({"to": ("nobody",)}, Invalid),
        ({"to": ("chat:99",)}, NotFound),
        ({"to": ("linked",)}, NothingToDo),
        ({"exclude": ("all",)}, NothingToDo),
    ],
)
def test_what_is_refused_is_not_stored(create, people, count, values, error):
    with pytest.raises(error):
        create(**values)
    assert count() == 0


def test_nobody_to_write_to(create, count):
    with pytest.raises(NothingToDo, match="nothing was queued"):
        create()


# Times


def test_the_times_are_stored(create, people):
    starts_at = utcnow() + timedelta(days=1)
    row, _ = create(starts_at=starts_at, max_late=600, quiet=" 22:00-8:00 ")
    assert (row.status, row.starts_at, row.max_late) == ("scheduled", starts_at, 600)
    assert row.quiet == "22:00-08:00"


def test_late_is_half_an_hour_unless_said(create, people):
    assert create(starts_at=utcnow())[0].max_late == 1800
    assert create()[0].max_late is None


def test_what_is_over_is_refused_unless_its_key_was_used(create, people, count):
    over = utcnow() - timedelta(hours=1)
    with pytest.raises(Invalid, match="has already passed"):
        create(starts_at=over, key="k")
    create(starts_at=over, max_late=7200, key="k")
    assert not create(starts_at=over, key="k")[1]
    assert count() == 1


def test_every_fault_of_the_times_is_told(create, people, count):
    with pytest.raises(Invalid) as caught:
        create(starts_at=utcnow(), max_late=1, quiet="night")
    assert [fault.field for fault in caught.value.faults] == ["max_late", "quiet"]
    assert count() == 0


@pytest.mark.parametrize(("hours", "kept"), [(-3, None), (3, 1800)])
def test_resumed_after_its_time_it_is_wanted_late(
    create, people, put, change, database, hours, kept
):
    number = create(starts_at=utcnow())[0].id
    change("pause", number)
    put(number, starts_at=utcnow() + timedelta(hours=hours))
    change("resume", number)
    with database.reading() as session:
        assert crud.get(session, number).max_late == kept
        active = crud.list_active(session, utcnow() + timedelta(hours=3))
    assert [row.id for row in active] == [number]


# Preview


def test_a_preview_counts_and_shows(database, settings, people):
    with database.reading() as session:
        shown = broadcasts.preview(session, settings, NewBroadcast("<i>x</i>", "html", ("all",)))
    assert (shown.length, shown.limit, shown.count, shown.faults) == (1, 4096, 3, ())
    assert shown.seconds == 0.1  # 3 at 30 a second
    assert "x" in shown.html


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (NewBroadcast("<b>", "html"), ["text", "audience.to"]),
        (NewBroadcast("x", "odd", ("user:99",)), ["format", "audience"]),
        (NewBroadcast("\0\ud800", to=("all",), options={"x": 1}), ["text", "options.x"]),
        (
            NewBroadcast("x", to=("all",), starts_at=NOW - timedelta(days=999), quiet="x"),
            ["at", "quiet"],
        ),
    ],
)
def test_a_preview_lists_faults_and_never_raises(database, settings, people, new, fields):
    with database.reading() as session:
        shown = broadcasts.preview(session, settings, new)
    assert [fault.field for fault in shown.faults] == fields


# Pause, resume, cancel

ALLOWED = {
    "pause": {"scheduled": "paused", "running": "paused"},
    "resume": {"paused": "scheduled", "halted": "scheduled"},
    "cancel": dict.fromkeys(["scheduled", "running", "paused", "halted"], "cancelled"),
}


@pytest.mark.parametrize("verb", ALLOWED)
@pytest.mark.parametrize("status", BroadcastStatus)
def test_from_where_it_may(create, people, put, change, database, verb, status):
    number = create()[0].id
    put(number, status=status, note="halted because")
    if status in ALLOWED[verb]:
        assert change(verb, number) == ALLOWED[verb][status]
        return
    with pytest.raises(Conflict, match=f"broadcast {number} is {status}: it cannot be {verb}"):
        change(verb, number)
    with database.reading() as session:
        row = crud.get(session, number)
    assert (row.status, row.note) == (status, "halted because")


def test_resumed_where_it_stood(create, people, put, change):
    number = create()[0].id
    put(number, frozen_at=NOW)
    change("pause", number)
    assert change("resume", number) == "running"


@pytest.mark.parametrize("verb", ALLOWED)
def test_one_that_does_not_exist(change, verb):
    with pytest.raises(NotFound):
        change(verb, 99)


def test_cancelled_it_is_finished(create, people, change, database):
    number = create()[0].id
    change("cancel", number)
    with database.reading() as session:
        assert crud.get(session, number).finished_at is not None


def test_sweeping_skips_all_that_waits(create, people, put, change, database, monkeypatch):
    number = create()[0].id
    with database.writing() as session:
        chosen = broadcasts.audience_of(crud.get(session, number))
        audience_crud.freeze(session, number, chosen, None, 100, 0)
        crud.add_frozen(session, number, 3, 3, NOW)
        deliveries.take(session, number, [2], 0)
    change("cancel", number)
    monkeypatch.setattr(lifecycle, "SWEEP", 1)
    assert broadcasts.sweep_cancelled(database.writing, number, NOW) == 2
    assert broadcasts.sweep_cancelled(database.writing, number, NOW) == 0
    with database.reading() as session:
        assert deliveries.states_of(session, number) == {
            DeliveryState.SKIPPED: 2,
            DeliveryState.SENDING: 1,
        }
        row = crud.get(session, number)
    assert (row.pending, row.skipped, row.reasons) == (0, 2, {"cancelled": 2})


# Shapes


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
    assert list(broadcasts.report_line(row).items()) == [
        ("chat_id", 5),
        ("state", "failed"),
        ("reason", "blocked"),
        ("attempts", 2),
        ("message_id", None),
        ("updated_at", "2026-09-01T12:00:00.000Z"),
    ]


def test_times_are_rfc3339():
    assert broadcasts.rfc3339(None) is None
    assert broadcasts.rfc3339(NOW + timedelta(microseconds=123_999)) == "2026-09-01T12:00:00.123Z"
    assert datetime.fromisoformat(broadcasts.rfc3339(utcnow())).tzinfo is not None
