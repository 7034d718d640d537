"""What is due is done, and no more often than it must be."""

import os
import threading
from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud import settings
from appliance.crud.accounts import link_codes, proofs
from appliance.crud.chats import chats
from appliance.crud.messages import messages
from appliance.crud.messages.messages import MessageOutcome
from appliance.errors import Localized
from appliance.models import Broadcast, DeliveryState, LinkCode, Message, Update, UsedProof
from appliance.models import Schedule as StoredSchedule
from appliance.runtime import schedule
from appliance.runtime.schedule import Schedule
from appliance.services import broadcasts
from appliance.services.broadcasts import NewBroadcast, schedules
from appliance.services.leases import Holding, LeaseLost
from support.people import add_user

NOW = datetime(2026, 9, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def old(database):
    """A call and a message that ended long ago, a code and a proof that are over."""
    with database.writing() as session:
        proofs.use(session, bytes(32), NOW)
        chats.remember(session, 1)
        user = add_user(session)
        link_codes.add(session, bytes(32), now=NOW, expires_at=NOW, user_id=user.id)
        for visible in (False, True):
            messages.queue(session, 1, "sendMessage", {}, visible=visible, now=NOW)
            for row in messages.take(session, 10):
                messages.record(session, [MessageOutcome(row.id, DeliveryState.SENT)], NOW)


def left(database):
    with database.reading() as session:
        return session.query(Message).count(), session.query(LinkCode).count()


def proofs_left(database):
    with database.reading() as session:
        return session.query(UsedProof).count()


def test_what_has_served_is_deleted(database, old):
    Schedule(database).tidy(NOW + timedelta(hours=1))
    assert (left(database), proofs_left(database)) == ((2, 1), 0)  # it is refused for its age now
    Schedule(database).tidy(NOW + timedelta(days=3))
    assert left(database) == (1, 0)  # a message stays: it is somebody's thread


def test_people_are_counted_now_and_then(database):
    counting = Schedule(database)
    counting.step(at(0), 1000.0)
    with database.writing() as session:
        chats.remember(session, 1)

    later = schedule.CENSUS_SECONDS
    counting.step(at(later - 1), 1000.0 + later - 1)
    assert reachable(database) == 0
    counting.step(at(later), 1000.0 + later)
    assert reachable(database) == 1
    with database.reading() as session:
        assert settings.get_setting(session, settings.CENSUS)["at"] == at(later).timestamp()


def reachable(database):
    with database.reading() as session:
        return settings.get_setting(session, settings.CENSUS)["reachable"]


def test_once_an_hour(database, old):
    tidying = Schedule(database)
    before = schedule.KEEP_CALLS.total_seconds() - 100
    tidying.step(at(before), before)
    assert left(database) == (2, 0)
    later = before + schedule.TIDY_SECONDS
    tidying.step(at(later - 1), later - 1)
    assert left(database) == (2, 0)
    tidying.step(at(later), later)
    assert left(database) == (1, 0)


def test_a_clock_that_jumps_ahead_tidies_nothing_away(database, old):
    """Telegram repeats an update for a day: whose id is forgotten would be handled twice."""
    tidying = Schedule(database)
    tidying.step(NOW, 100.0)
    mono = 100.0 + schedule.TIDY_SECONDS
    tidying.step(NOW + timedelta(days=300), mono)
    assert left(database) == (2, 1)


@pytest.fixture
def handled(database):
    """Ids of updates that are stored, one of them handled nine days ago, one two days ago."""
    with database.writing() as session:
        for number, days in ((1, 9), (2, 2)):
            at = NOW - timedelta(days=days)
            session.add(Update(id=number, payload={}, received_at=at, handled_at=at))

    def handled():
        with database.reading() as session:
            return [row.id for row in session.query(Update)]

    return handled


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def test_once_a_day_what_is_too_old_goes(database, handled):
    pruning = Schedule(database, retention=timedelta(days=7))
    day = schedule.PRUNE_SECONDS
    for mono, expected in (
        (0.0, [1, 2]),
        (schedule.STEADY_SECONDS - 1, [1, 2]),
        (schedule.STEADY_SECONDS, [2]),
        (5.5 * day, []),
    ):
        pruning.step(at(mono), mono)
        assert handled() == expected


def test_a_clock_that_jumps_ahead_deletes_nothing(database, handled):
    pruning = Schedule(database, retention=timedelta(days=7))
    pruning.step(at(0), 0.0)
    pruning.step(at(86_400 * 365), schedule.STEADY_SECONDS + 1)
    pruning.step(at(schedule.STEADY_SECONDS + 4), schedule.STEADY_SECONDS + 4)
    assert handled() == [1, 2]
    pruning.step(at(2 * schedule.STEADY_SECONDS + 5), 2 * schedule.STEADY_SECONDS + 5)
    assert handled() == [2]


def test_without_retention_all_is_kept(database, handled):
    keeping = Schedule(database)
    for mono in (0.0, schedule.STEADY_SECONDS, 1e6):
        keeping.step(at(mono), mono)
    assert handled() == [1, 2]


def slots(database):
    with database.reading() as session:
        return sorted(row.starts_at for row in session.query(Broadcast))


@pytest.fixture
def hourly(database):
    with database.writing() as session:
        chats.remember(session, 1)
        schedules.add(session, "hourly", "0 * * * *", "UTC", NewBroadcast("x", to=("all",)), NOW)


def test_what_is_due_is_sent_and_what_is_late_is_cancelled(database, hourly):
    Schedule(database).step(NOW + HOUR, 0.0)
    assert slots(database) == [NOW + HOUR]
    Schedule(database).step(NOW + 1.6 * HOUR, 0.0)  # nothing sent it for 36 minutes
    with database.reading() as session:
        (row,) = session.query(Broadcast)
        assert (row.status, Localized.load(row.note)[:15]) == ("cancelled", "missed its slot")


def test_a_clock_that_jumps_and_stays(database, hourly):
    scheduling, mono = Schedule(database), 0.0
    for hours in (1, 5, 2, 3, 4, 5, 6):
        for seconds in range(0, 90, 3):
            mono += 3
            scheduling.step(NOW + hours * HOUR + timedelta(seconds=seconds), mono)
    assert slots(database) == [NOW + hours * HOUR for hours in (1, 3, 4, 5, 6)]


def test_a_clock_that_jumps_for_some_seconds_sends_nothing_early(database, hourly):
    scheduling = Schedule(database)
    for mono in range(0, 3600, 3):
        jumped = timedelta(days=1) if 600 <= mono < 650 or 1200 <= mono < 1230 else timedelta(0)
        scheduling.step(at(mono) + jumped, float(mono))
    assert slots(database) == []
    scheduling.step(at(3600), 3600.0)
    assert slots(database) == [NOW + HOUR]


def test_a_clock_that_is_a_day_ahead_for_some_seconds_cancels_nothing(database):
    with database.writing() as session:
        chats.remember(session, 1)
        new = NewBroadcast("x", to=("all",), starts_at=NOW + HOUR, max_late=60)
        broadcasts.create(session, new, NOW)
    scheduling = Schedule(database)
    for mono, ahead in ((0, 0), (3, 86_400), (6, 86_400), (9, 0), (12, -86_400), (15, 0)):
        scheduling.step(at(mono + ahead), float(mono))
    with database.reading() as session:
        assert session.query(Broadcast).one().status == "scheduled"
    for mono in range(3600, 3600 + 90, 3):  # but a day that has really gone by is one
        scheduling.step(at(mono + 86_400), float(mono))
    with database.reading() as session:
        assert session.query(Broadcast).one().status == "cancelled"


def test_begun_after_the_clock_was_a_year_ahead(database, hourly):
    with database.writing() as session:
        session.query(StoredSchedule).one().next_at = NOW + timedelta(days=365)
    Schedule(database).step(NOW, 0.0)
    with database.reading() as session:
        assert session.query(StoredSchedule).one().next_at == NOW + HOUR


def test_it_stops_when_its_lease_is_another_processs(database):
    Holding(database, "schedule", holder="other 1[2] 3 4").acquire()
    with pytest.raises(LeaseLost):
        Schedule(database).run(Holding(database, "schedule"), threading.Event())


def test_it_ends_when_told(database):
    holding = Holding(database, "schedule")
    assert holding.acquire()
    stop = threading.Event()
    thread = threading.Thread(target=Schedule(database).run, args=(holding, stop))
    thread.start()
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_files_that_nothing_needs_are_deleted_once_a_day(database, settings):
    place = settings.data / "media"
    place.mkdir()
    old = NOW.timestamp() - 30 * 86_400

    def leave():
        (place / ("a" * 64)).write_bytes(b"x")
        os.utime(place / ("a" * 64), (old, old))

    leave()
    tidying = Schedule(database, settings.data)
    tidying.step(NOW, 100.0)
    assert list(place.iterdir()) == []
    leave()
    tidying.step(NOW, 100.0 + schedule.TIDY_FILES_SECONDS - 1)
    assert len(list(place.iterdir())) == 1
    tidying.step(NOW, 100.0 + schedule.TIDY_FILES_SECONDS)
    assert list(place.iterdir()) == []
