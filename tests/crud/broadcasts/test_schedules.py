"""Schedules as they are stored: found by name or id, moved on by one process only."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.broadcasts import broadcasts, schedules
from appliance.errors import Conflict, NotFound
from appliance.models import MAX_ID, Broadcast, Schedule

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def add(store):
    def add(name, **values):
        values = {"cron": "0 9 * * *", "timezone": "UTC", "template": {}, "next_at": NOW, **values}
        with store.writing() as session:
            return schedules.add(session, Schedule(name=name, **values)).id

    return add


def test_found_by_name_or_id(store, add):
    first, second = add("weekly"), add("1")
    with store.reading() as session:
        assert schedules.find(session, "weekly").id == first
        assert schedules.find(session, "1").id == second  # a name goes before an id
        assert schedules.find(session, str(second)).id == second
        assert schedules.get_fresh(session, first).name == "weekly"
        assert schedules.get_fresh(session, 99) is None


@pytest.mark.parametrize("name", ["x", "", "0", "99", str(MAX_ID + 1), "9" * 50, "-1", "٣"])
def test_an_unknown_one(store, name):
    with store.reading() as session, pytest.raises(NotFound, match="no schedule"):
        schedules.find(session, name)


def test_a_name_is_taken_once(store, add):
    add("a")
    with pytest.raises(Conflict, match="a schedule named a already"):
        add("a")
    other = add("b")
    with store.writing() as session:
        with pytest.raises(Conflict):
            schedules.rename(session, schedules.get(session, other), "a")
        schedules.rename(session, schedules.get(session, other), "c")
    with store.reading() as session:
        assert schedules.get(session, other).name == "c"


def test_pages(store, add):
    made = [add(name) for name in "abc"]
    with store.reading() as session:
        assert [row.id for row in schedules.list_page(session)] == made
        assert [row.id for row in schedules.list_page(session, 1, made[0])] == [made[1]]


def test_those_that_are_due(store, add):
    add("paused", enabled=False)
    add("later", next_at=NOW + timedelta(seconds=1))
    add("never", next_at=None)
    now, long_ago = add("now"), add("long ago", next_at=NOW - timedelta(days=1))
    with store.reading() as session:
        assert list(schedules.list_due(session, NOW)) == [long_ago, now]
        assert [row.name for row in schedules.list_enabled(session)] == [
            *("later", "never", "now", "long ago")
        ]


def test_moved_on_once(store, add):
    number, later = add("a"), NOW + timedelta(days=1)
    with store.writing() as session:
        assert schedules.move_on(session, number, NOW, later)
        assert not schedules.move_on(session, number, NOW, later)
        schedules.get(session, number).enabled = False
        session.flush()
        assert not schedules.move_on(session, number, later, None)
    with store.reading() as session:
        assert schedules.get(session, number).next_at == later


def test_moved_on_from_nowhere(store, add):
    number = add("a", next_at=None)
    with store.writing() as session:
        assert schedules.move_on(session, number, None, NOW)


def test_removed_its_broadcasts_stay(store, add):
    number = add("a")
    with store.writing() as session:
        row = Broadcast(text="x", audience={"to": ["all"], "not": []}, schedule_id=number)
        sent = broadcasts.add(session, row)[0].id
    with store.writing() as session:
        schedules.remove(session, number)
        with pytest.raises(NotFound):
            schedules.remove(session, number)
    with store.reading() as session:
        assert broadcasts.get(session, sent).schedule_id is None
