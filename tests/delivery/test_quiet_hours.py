"""Nobody is woken: who sleeps gets it when they wake."""

from datetime import UTC, datetime

import pytest

from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats, topics
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.broadcast_run import Run
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.freezer import freeze
from appliance.delivery.jobs import Moment, Result
from appliance.delivery.pacer import ChatPacer
from appliance.delivery.quiet_hours import QuietHours
from appliance.services.broadcasts import NewBroadcast, create
from support.people import add_chats


def at(text):
    wall = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    return Moment(wall, wall)


@pytest.fixture
def run(database):
    """1 in Berlin, 2 in Tokyo, 3 without a zone (UTC); quiet from 22:00 to 08:00."""
    with database.writing() as session:
        for number, zone in ((1, "Europe/Berlin"), (2, "Asia/Tokyo"), (3, None)):
            chats.remember(session, number).timezone = zone
        made, _ = create(session, NewBroadcast("hello", to=("all",)))
        made.quiet = "22:00-08:00"
        session.flush()
        freeze(session, made, at("2026-11-23T12:00"))
        return Run(session, broadcasts.get_fresh(session, made.id), ChatPacer(), EngineConfig())


def claim(database, run, now):
    with database.writing() as session:
        return sorted(job.chat_id for job in run.exchange(session, [], 10, now))


def test_who_sleeps_is_passed_over_and_taken_when_they_wake(database, run):
    noon = at("2026-11-23T12:00")  # 13:00 in Berlin, 21:00 in Tokyo
    evening = at("2026-11-23T13:30")  # 22:30 in Tokyo
    assert claim(database, run, evening) == [1, 3]
    assert claim(database, run, evening) == []
    with database.writing() as session:
        assert not run.close(session, evening)
        assert not run.close(session, evening), "nor when it is asked again"
    assert not run.due(evening)
    assert noon.wall < evening.wall

    morning = at("2026-11-23T23:01")  # 08:01 in Tokyo
    with database.writing() as session:
        run.close(session, morning)
    assert run.due(morning)
    assert claim(database, run, morning) == [2]


def test_it_ends_when_all_have_it(database, run):
    noon = at("2026-11-23T12:00")
    with database.writing() as session:
        jobs = run.exchange(session, [], 10, noon)
        results = [Result(job, Verdict(Kind.SENT, message_id=1)) for job in jobs]
        run.exchange(session, results, 10, noon)
        assert run.close(session, noon)


def test_the_answer_is_kept_for_half_a_minute(database):
    with database.writing() as session:
        chats.remember(session, 1).timezone = "Asia/Tokyo"
        session.flush()
        quiet = QuietHours("22:00-08:00", "UTC")
        assert quiet.asleep(session, at("2026-11-23T12:59:45")) == frozenset()
        assert quiet.asleep(session, at("2026-11-23T13:00:14")) == frozenset()
        assert quiet.asleep(session, at("2026-11-23T13:00:15")) == {"Asia/Tokyo"}


def test_who_fell_asleep_while_waiting_for_another_try_is_left_until_the_morning(database, run):
    evening = at("2026-11-23T20:59")  # 21:59 in Berlin
    with database.writing() as session:
        jobs = {job.chat_id: job for job in run.exchange(session, [], 10, evening)}
    flood = Verdict(Kind.FLOOD, "flood", retry_after=3600)
    with database.writing() as session:
        run.exchange(
            session, [Result(jobs[1], flood, evening.mono + 3600, counts=False)], 0, evening
        )

    assert claim(database, run, at("2026-11-23T22:30")) == []
    with database.writing() as session:
        assert not run.close(session, at("2026-11-23T22:30"))


def test_a_zone_that_somebody_chose_meanwhile_sleeps_too(database):
    quiet = QuietHours("22:00-08:00", "UTC")
    noon, later = at("2026-11-23T12:00"), at("2026-11-23T12:01")
    with database.writing() as session:
        assert quiet.asleep(session, noon) == frozenset()
        chats.remember(session, 1).timezone = "Asia/Vladivostok"  # 22:00
        session.flush()
        assert quiet.asleep(session, later) == {"Asia/Vladivostok"}


def test_a_clock_that_is_set_back_while_it_sends(database):
    """It is not night yet: who was let sleep is written to."""
    hours = QuietHours("22:00-08:00", "UTC")
    with database.reading() as session:
        assert hours.asleep(session, at("2026-11-23T22:10")) == {"UTC"}
        assert hours.asleep(session, at("2026-11-23T21:10")) == frozenset()


def test_a_clock_that_is_set_back_while_all_sleep(database):
    """Within the night they sleep on; before it, it is looked again."""
    hours, evening = QuietHours("22:00-08:00", "UTC"), at("2026-11-23T22:10")
    with database.reading() as session:
        hours.asleep(session, evening)
        assert hours.wait(evening)
        assert hours.sleeping(at("2026-11-24T04:00"))
        assert hours.sleeping(at("2026-11-24T03:00"))
        before = at("2026-11-23T21:10")
        assert not hours.sleeping(before)
        assert not hours.wait(before)
        assert hours.asleep(session, before) == frozenset()


def test_by_day_nobody_is_waited_for_and_each_night_anew(database):
    hours = QuietHours("22:00-08:00", "UTC")
    with database.reading() as session:
        for day in (23, 24, 25):
            noon, night = at(f"2026-11-{day}T12:00"), at(f"2026-11-{day}T23:00")
            assert hours.asleep(session, noon) == frozenset()
            assert not hours.wait(noon)
            assert hours.asleep(session, night) == {"UTC"}
            assert hours.wait(night)
            assert hours.sleeping(at(f"2026-11-{day + 1}T07:59"))
            assert not hours.wait(at(f"2026-11-{day + 1}T08:00"))


def test_who_opts_out_while_asleep_gets_nothing_in_the_morning(database):
    noon, night = at("2026-11-23T12:00"), at("2026-11-23T23:00")
    with database.writing() as session:
        news = topics.add(session, "news", "News")
        add_chats(session, 1, 2)
        made, _ = create(session, NewBroadcast("hello", to=("topic:news",)))
        made.quiet = "22:00-08:00"
        session.flush()
        freeze(session, made, noon)
        run = Run(session, broadcasts.get_fresh(session, made.id), ChatPacer(), EngineConfig())
        number, topic_id = made.id, news.id
    assert claim(database, run, night) == []
    with database.writing() as session:
        assert not run.close(session, night)
        topics.choose(session, topic_id, 1, False)
    morning = at("2026-11-24T08:00")
    with database.writing() as session:
        assert not run.close(session, morning)  # it is looked for others again
    assert claim(database, run, morning) == [2]
    with database.reading() as session:
        assert broadcasts.get(session, number).reasons == {"opted_out": 1}
