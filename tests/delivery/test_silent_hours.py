"""Who wants no sound now, by their own clocks."""

import time
from datetime import UTC, datetime

import pytest

from appliance.crud.chats import chats
from appliance.delivery.jobs import Moment
from appliance.delivery.silent_hours import FIRST_CHOICE_POLL_SECONDS, SilentHours

MORNING = datetime(2026, 9, 1, 5, 0, tzinfo=UTC)  # 07:00 in Berlin, 10:00 in Omsk


def at(hour, minute=0):
    return Moment(MORNING.replace(hour=hour, minute=minute).timestamp(), time.monotonic())


@pytest.fixture
def silent_hours(database):
    with database.writing() as session:
        for chat_id, quiet, zone in (
            (1, None, None),
            (2, "22:00-08:00", None),
            (3, "22:00-08:00", "Asia/Omsk"),
            (4, "always", None),
        ):
            chat = chats.remember(session, chat_id)
            chat.quiet, chat.timezone = quiet, zone
    return SilentHours("Europe/Berlin")


@pytest.mark.parametrize(("hour", "quiet"), [(5, {2, 4}), (6, {4}), (16, {3, 4}), (20, {2, 3, 4})])
def test_by_their_clocks(silent_hours, database, hour, quiet):
    with database.reading() as session:
        assert silent_hours.wanted(session, [1, 2, 3, 4, 99], at(hour)) == quiet
        assert silent_hours.wanted(session, [], at(hour)) == frozenset()


def test_the_hour_is_noticed_while_it_runs(silent_hours, database):
    with database.reading() as session:
        assert silent_hours.wanted(session, [2], at(5, 59)) == {2}
        assert silent_hours.wanted(session, [2], at(6, 1)) == frozenset()


def test_a_clock_that_is_set_back_is_noticed(silent_hours, database):
    with database.reading() as session:
        assert silent_hours.wanted(session, [2], at(6, 1)) == frozenset()
        assert silent_hours.wanted(session, [2], at(5, 1)) == {2}


def test_the_first_who_chooses_hours_is_noticed_soon(database):
    with database.writing() as session:
        chat = chats.remember(session, 1)
        silent_hours, now = SilentHours("Europe/Berlin"), at(6)
        assert silent_hours.wanted(session, [1], now) == frozenset()
        chat.quiet = "always"
        session.flush()
        early = Moment(now.wall, now.mono + FIRST_CHOICE_POLL_SECONDS - 0.1)
        assert silent_hours.wanted(session, [1], early) == frozenset(), "it is not asked each time"
        assert silent_hours.wanted(
            session, [1], Moment(now.wall, now.mono + FIRST_CHOICE_POLL_SECONDS)
        ) == {1}
