"""Each slot is sent once, whatever happens to the clock, the process or its neighbours."""

import threading
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from appliance.crud.broadcasts import broadcasts, events, schedules
from appliance.crud.chats import chats
from appliance.database import Database
from appliance.errors import Conflict, Invalid, Localized, NotFound
from appliance.models import Schedule
from appliance.services.broadcasts import NewBroadcast, create
from appliance.services.broadcasts import schedules as broadcast_schedules
from appliance.services.broadcasts.schedules import Change
from support.stored import find_row

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEKLY = NewBroadcast("hello", to=("all",))


@pytest.fixture
def add(database):
    """`add("0 9 * * *")`: the id of a new schedule, which begins now."""

    def add(cron="0 * * * *", zone="UTC", name="weekly", now=NOW, new=WEEKLY, people=True):
        with database.writing() as session:
            if people:
                chats.remember(session, 1)
            return broadcast_schedules.add(session, name, cron, zone, new, now).id

    return add


@pytest.fixture
def change(database):
    def change(number, now=NOW, **wanted):
        with database.writing() as session:
            return broadcast_schedules.change(session, number, Change(**wanted), now)

    return change


@pytest.fixture
def stored(database):
    return lambda number=1: find_row(database, Schedule, number)


@pytest.fixture
def sent(database):
    """The slots of every broadcast, oldest first."""

    def sent():
        with database.reading() as session:
            rows = broadcasts.list_page(session, 1000)
            return [f"{row.starts_at:%m-%d %H:%M}" for row in reversed(rows)]

    return sent


@pytest.fixture
def run(database):
    """One look at the clock, as the schedule part takes it."""

    def run(now):
        return broadcast_schedules.run_due(database, now)

    return run


# Made and changed


def test_a_schedule_waits_for_its_first_slot(add, stored, run, sent):
    row = stored(add("0  9 * * mon", "Europe/Berlin"))
    assert (row.name, row.cron, row.timezone, row.enabled) == (
        "weekly",
        "0 9 * * mon",
        "Europe/Berlin",
        True,
    )
    assert row.next_at == datetime(2026, 9, 7, 7, 0, tzinfo=UTC)
    assert run(NOW) == []
    assert sent() == []


@pytest.mark.parametrize(
    ("values", "error", "field"),
    [
        ({"cron": "never"}, Invalid, "cron"),
        ({"zone": "Nowhere"}, Invalid, "timezone"),
        ({"name": " "}, Invalid, "name"),
        ({"name": "a\nb"}, Invalid, "name"),
        ({"name": "n" * 101}, Invalid, "name"),
        ({"new": NewBroadcast("", to=("all",))}, Invalid, "text"),
        ({"new": NewBroadcast("x", to=())}, Invalid, "audience.to"),
        ({"new": NewBroadcast("x", to=("all",), max_late=1)}, Invalid, "max_late"),
        ({"new": NewBroadcast("x", to=("all",), quiet="x")}, Invalid, "quiet"),
        ({"new": NewBroadcast("x", to=("chat:9",))}, NotFound, None),
    ],
)
def test_what_is_refused(add, database, values, error, field):
    with pytest.raises(error) as caught:
        add(**values)
    if field:
        assert [fault.field for fault in caught.value.faults] == [field]
    with database.reading() as session:
        assert list(schedules.list_page(session)) == []


def test_a_name_is_taken_once(add, change):
    add(name="a")
    with pytest.raises(Conflict, match="a schedule named a already"):
        add(name=" a ")
    other = add(name="b")
    with pytest.raises(Conflict):
        change(other, name="a")
    assert change(other, name="c").name == "c"


def test_a_template_keeps_every_field_of_a_broadcast():
    values = {
        "text": "<b>x</b>",
        "format": "html",
        "to": ("lang:en", "topic:news"),
        "exclude": ("chat:1",),
        "options": {"silent": True, "buttons": [[{"text": "a", "url": "https://a.example"}]]},
        "quiet": "22:00-08:00",
    }
    new = NewBroadcast(**values, key="k", created_by=1, starts_at=NOW, max_late=60, schedule_id=2)
    template = broadcast_schedules.to_template(new)
    assert template.keys() == values.keys()
    assert broadcast_schedules.from_template(template) == NewBroadcast(**values)
    assert broadcast_schedules.to_template(WEEKLY) == {"text": "hello", "to": ["all"]}
    assert {"key", "schedule_id"} <= {field.name for field in fields(NewBroadcast)}


def test_a_pause_is_not_made_up_for(add, change, stored, run, sent):
    number = add()
    assert change(number, enabled=False).next_at is None
    assert run(NOW + 5 * HOUR) == []
    assert change(number, NOW + 5 * HOUR, enabled=True).next_at == NOW + 6 * HOUR
    run(NOW + 6 * HOUR)
    assert sent() == ["09-01 18:00"]


def test_moved_to_other_times(add, change):
    number = add()
    assert change(number, cron="30 9 * * *").next_at == NOW + 21.5 * HOUR
    assert change(number, timezone="Europe/Berlin").next_at == NOW + 19.5 * HOUR
    assert change(number, max_late=600).max_late == 600
    for wrong in ({"cron": "x"}, {"timezone": "x"}, {"max_late": 1}, {"name": ""}):
        with pytest.raises(Invalid):
            change(number, **wrong)
    with pytest.raises(NotFound):
        change(99, enabled=False)


# What is due


def test_a_slot_is_one_broadcast(add, run, database, stored):
    number = add(new=NewBroadcast("hello", to=("all",), quiet="22:00-08:00", max_late=600))
    (made,) = run(NOW + HOUR + timedelta(seconds=2))
    with database.reading() as session:
        row = broadcasts.get(session, made)
        (event,) = events.list_for(session, made)
    assert row.key == f"schedule:{number}:2026-09-01T13:00:00Z"
    assert (row.status, row.text, row.starts_at) == ("scheduled", "hello", NOW + HOUR)
    assert (row.schedule_id, row.max_late, row.quiet) == (number, 600, "22:00-08:00")
    assert (event.actor, event.action) == ("schedule", "create")
    assert event.details == {"schedule": "weekly", "slot": "2026-09-01T13:00:00.000Z"}
    assert (stored().last_at, stored().next_at) == (NOW + HOUR, NOW + 2 * HOUR)
    assert Localized.load(stored().last_result) == f"2026-09-01 13:00 UTC is broadcast {made}"
    assert run(NOW + HOUR + timedelta(seconds=5)) == []


def test_only_the_newest_missed_slot_is_sent(add, run, sent, stored):
    add()
    run(NOW + 6 * HOUR + timedelta(minutes=30))
    assert sent() == ["09-01 18:00"]
    assert Localized.load(stored().last_result) == (
        "2026-09-01 18:00 UTC is broadcast 1; 5 slots before it since 2026-09-01 13:00 UTC missed"
    )
    assert stored().next_at == NOW + 7 * HOUR


def test_a_text_that_loses_something_at_telegram_is_sent_all_the_same(
    add, run, sent, stored, database
):
    """Stored by a version that let it through; whoever writes one now is told."""
    number = add()
    with database.writing() as session:
        schedule = session.get_one(Schedule, number)
        lossy = '<a href="javascript:x">hello</a>&nbsp;all'
        schedule.template = {**schedule.template, "text": lossy, "format": "html"}
    run(NOW + HOUR)
    assert len(sent()) == 1, str(Localized.load(stored().last_result))


@pytest.mark.parametrize(
    ("minutes", "missed"),
    [
        (1, "; 1 slot before it"),
        (2, "; 2 slots before it"),
        (100, "; 100 slots before it"),
        (101, "; more than 100 slots before it"),
    ],
)
def test_how_many_were_missed(add, run, stored, minutes, missed):
    add("* * * * *")
    run(NOW + timedelta(minutes=minutes + 1))  # the first slot is a minute after NOW
    assert missed in Localized.load(stored().last_result)


def test_too_late_is_too_late(add, run, sent, stored):
    add("0 13 * * *")
    assert run(NOW + HOUR + timedelta(minutes=30, seconds=1, microseconds=5)) == []
    assert sent() == []
    assert Localized.load(stored().last_result) == "2026-09-01 13:00 UTC was missed by 0:30:01"
    assert stored().next_at == NOW + 25 * HOUR


def test_days_too_late_are_told_in_hours(add, run, stored):
    add("0 13 1 9 *")
    assert run(NOW + HOUR + timedelta(days=2)) == []
    assert Localized.load(stored().last_result) == "2026-09-01 13:00 UTC was missed by 48:00:00"


def test_after_a_year_away(add, run, sent, stored):
    add("* * * * *", new=NewBroadcast("x", to=("all",), max_late=60))
    run(NOW + timedelta(days=365))
    assert len(sent()) == 1
    assert "more than 100 slots before it" in Localized.load(stored().last_result)


def test_nobody_to_write_to_is_no_reason_to_stop(add, run, sent, stored, database):
    add(people=False)
    assert run(NOW + HOUR) == []
    assert Localized.load(stored().last_result) == (
        "2026-09-01 13:00 UTC was not sent: this audience is empty: nothing was queued"
    )
    with database.writing() as session:
        chats.remember(session, 1)
    run(NOW + 2 * HOUR)
    assert sent() == ["09-01 14:00"]


def test_one_that_cannot_be_used_does_not_stop_the_others(add, run, sent, stored, database):
    broken, strange = add(name="broken"), add(name="strange")
    add(name="good")
    with database.writing() as session:
        schedules.get(session, broken).timezone = "Atlantis/Centre"
        schedules.get(session, strange).template = {"text": "x", "to": ["all"], "rainbow": 1}
    run(NOW + HOUR)
    assert sent() == ["09-01 13:00"]
    assert not stored(broken).enabled
    assert Localized.load(stored(broken).last_result).startswith(
        "paused: unknown time zone 'Atlantis/Centre'"
    )
    assert "its template is of another version: rainbow" in Localized.load(
        stored(strange).last_result
    )
    assert stored(strange).next_at == NOW + 2 * HOUR
    with database.writing() as session:
        schedules.get(session, strange).timezone = "Atlantis/Centre"
    broadcast_schedules.realign(database, NOW)
    assert not stored(strange).enabled


# The clock

SPRING = [("Europe/Berlin", "2026-03-28"), ("America/New_York", "2026-03-07")]
SPRING += [("Australia/Lord_Howe", "2026-10-03"), ("America/Santiago", "2026-09-05")]
AUTUMN = [("Europe/Berlin", "2026-10-24"), ("America/New_York", "2026-10-31")]
AUTUMN += [("Australia/Lord_Howe", "2026-04-04"), ("America/Santiago", "2026-04-04")]


@pytest.mark.slow
@pytest.mark.parametrize(("zone", "day"), SPRING + AUTUMN)
def test_every_day_once_over_a_change_of_clocks(add, run, database, zone, day):
    first = datetime.fromisoformat(day)
    start = first.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = (first + timedelta(days=3)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    before = start - timedelta(seconds=1)
    numbers = [
        add(cron, zone, cron, before)
        for cron in ("0 0 * * *", "45 1 * * *", "*/60 2 * * *", "30 2 * * *", "59 23 * * *")
    ]
    now = start
    while now < end:
        run(now)
        now += timedelta(minutes=30)
    run(end - timedelta(seconds=1))
    with database.reading() as session:
        rows = broadcasts.list_page(session, 100)
    for number in numbers:
        slots = [row.starts_at for row in rows if row.schedule_id == number]
        days = {slot.astimezone(ZoneInfo(zone)).date() for slot in slots}
        assert len(slots) == len(days) == 3


def test_the_clock_jumps_forward_and_back(add, run, sent, database, stored):
    add()
    clock = [1, 2, 7, 8, 3, 4, 5, 6, 7, 8, 9]  # hours after NOW: five forward, then five back
    before = 0
    for hours in clock:
        now = NOW + hours * HOUR
        if hours < before:
            broadcast_schedules.realign(database, now)
        before = hours
        run(now)
        run(now)
    expected = [1, 2, 7, 8, 4, 5, 6, 9]  # 15:00 is when the clock was put right: not after it
    assert sent() == [f"{NOW + h * HOUR:%m-%d %H:%M}" for h in expected]


def test_a_clock_that_was_a_year_ahead(add, run, sent, database, stored):
    add("0 13 * * *")
    run(NOW + timedelta(days=365, hours=1))
    assert stored().next_at > NOW + timedelta(days=365)
    broadcast_schedules.realign(database, NOW)
    assert stored().next_at == NOW + HOUR
    run(NOW + HOUR)
    assert sent() == ["09-01 13:00", "09-01 13:00"]  # of 2027 and of 2026


def test_realigning_forgets_nothing_that_is_due(add, run, sent, database, stored):
    add()
    broadcast_schedules.realign(database, NOW + HOUR + timedelta(minutes=10))
    run(NOW + HOUR + timedelta(minutes=10))
    assert sent() == ["09-01 13:00"]


def test_put_back_over_a_slot_it_is_known_by_its_key(add, run, sent, database, stored):
    add("0 13 * * *")
    run(NOW + HOUR)
    broadcast_schedules.realign(database, NOW)
    assert stored().next_at == NOW + HOUR
    assert run(NOW + HOUR) == []
    assert (
        Localized.load(stored().last_result) == "2026-09-01 13:00 UTC was sent before: broadcast 1"
    )
    assert stored().next_at == NOW + 25 * HOUR
    assert sent() == ["09-01 13:00"]


@pytest.mark.parametrize(
    "kind", ["database", pytest.param("postgresql_database", marks=pytest.mark.slow)]
)
def test_two_schedulers_race(request, kind):
    """Each on connections of its own, over ten hours at once: every slot once."""
    database: Database = request.getfixturevalue(kind)
    with database.writing() as session:
        chats.remember(session, 1)
        for name in "abc":
            broadcast_schedules.add(session, name, "0 * * * *", "UTC", WEEKLY, NOW)
    hours, together, made, failures = 10, threading.Barrier(2), [], []

    def race():
        own = Database(database.engine.url.render_as_string(hide_password=False))
        try:
            for hour in range(1, hours + 1):
                together.wait(30)
                made.extend(broadcast_schedules.run_due(own, NOW + hour * HOUR))
        except Exception as error:
            failures.append(error)
            together.abort()
        finally:
            own.dispose()

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with database.reading() as session:
        keys = [row.key for row in broadcasts.list_page(session, 100)]
    assert len(set(keys)) == len(keys) == len(made) == 3 * hours


# Broadcasts that are too late


def test_what_missed_its_slot_is_cancelled_and_told(database, caplog):
    with database.writing() as session:
        chats.remember(session, 1)
        late, _ = create(session, NewBroadcast("a", to=("all",), starts_at=NOW, max_late=600), NOW)
        other, _ = create(session, NewBroadcast("b", to=("all",), starts_at=NOW), NOW)
    assert broadcast_schedules.cancel_missed(database, NOW + timedelta(minutes=10)) == []
    when = NOW + timedelta(minutes=10, seconds=1)
    assert broadcast_schedules.cancel_missed(database, when) == [late.id]
    assert broadcast_schedules.cancel_missed(database, when) == []
    with database.reading() as session:
        row = broadcasts.get(session, late.id)
        (event,) = events.list_for(session, late.id)
        assert broadcasts.get(session, other.id).status == "scheduled"
    assert (row.status, row.finished_at) == ("cancelled", when)
    assert Localized.load(row.note) == (
        "missed its slot: it was to start at 2026-09-01T12:00:00.000Z, or 600 s later"
    )
    assert (event.actor, event.action, event.at) == ("schedule", "missed", when)
    assert event.details == {"starts_at": "2026-09-01T12:00:00.000Z", "max_late": 600}
    assert f"broadcast {late.id} missed its slot" in caplog.text


# The shape


def test_the_document(add, change, stored):
    number = add(
        "0 9 * * MON", "Europe/Berlin", new=NewBroadcast("x", to=("all",), quiet="1:00-2:00")
    )
    document = broadcast_schedules.as_document(stored(), NOW)
    assert list(document) == [
        *("id", "name", "cron", "timezone", "enabled", "next_at", "last_at", "last_result"),
        *("max_late", "quiet", "text", "format", "audience", "upcoming", "created_at"),
        *("variants", "media", "options"),
    ]
    assert document["upcoming"] == [
        "2026-09-07T07:00:00.000Z",
        "2026-09-14T07:00:00.000Z",
        "2026-09-21T07:00:00.000Z",
    ]
    assert (document["max_late"], document["quiet"], document["format"]) == (
        1800,
        "1:00-2:00",
        "plain",
    )
    assert document["audience"] == {"to": ["all"], "not": []}
    change(number, enabled=False)
    assert broadcast_schedules.as_document(stored(), NOW)["upcoming"] == []
