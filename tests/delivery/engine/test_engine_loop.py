"""One turn of the loop after the other, with a clock that only the test moves: when it looks for
work, when it writes, what leaves and how long it waits."""

import json
import logging
from collections import Counter

import pytest
from sqlalchemy import text

from appliance.crud import settings as settings_crud
from appliance.crud.messages import messages
from appliance.models import utcnow
from appliance.services.broadcasts import changes
from support.people import add_chats
from support.raw_server import answering, saying, silent

# When it looks for work, and when it writes


@pytest.mark.parametrize(
    ("woken", "seconds", "leaves"),
    [(True, 0.004, 0), (True, 0.006, 1), (False, 0.19, 0), (False, 0.21, 1)],
)
def test_what_is_queued_leaves_at_once_when_somebody_says_so(woken, seconds, leaves, hand, reply):
    by_hand = hand(30)
    reply(1)
    if woken:
        by_hand.engine.wake()

    assert by_hand.wait() == pytest.approx(0.005 if woken else 0.2)
    assert by_hand.turn(seconds) == leaves


@pytest.mark.parametrize(
    ("rate", "seconds"), [(1000, 0.05), (100, 0.05), (50, 0.08), (30, 4 / 30), (1, 0.14)]
)
def test_outcomes_are_written_together_every_few_messages(rate, seconds, hand, reply, rows):
    by_hand = hand(rate, before=lambda: reply(1))
    by_hand.answers()

    assert by_hand.wait() == pytest.approx(seconds)
    by_hand.turn(seconds - 0.001)
    assert rows("sent") == 0
    by_hand.turn(0.002)
    assert rows("sent") == 1


def test_an_idle_engine_waits_and_writes_nothing(hand, monkeypatch):
    by_hand = hand(30)
    settled = []
    settle = by_hand.engine._coordinator.settle
    monkeypatch.setattr(
        by_hand.engine._coordinator, "settle", lambda *args: settled.append(1) or settle(*args)
    )

    assert by_hand.wait() == pytest.approx(0.2)
    by_hand.clock.now += 0.05
    assert by_hand.wait() == pytest.approx(0.15)
    for _ in range(10):
        by_hand.turn(0.15)

    assert settled == []
    assert by_hand.engine.state == "idle"
    by_hand.clock.now += 1
    by_hand.engine.step()
    assert by_hand.client.waited[-1] == 0, "what is late is not waited for"


def test_an_audience_is_frozen_part_by_part_with_pauses_for_others(hand, queue, reply, shown):
    by_hand = hand(30, before=lambda: (add_people(reply), queue()))
    assert shown(1).frozen_at is None or shown(1).status == "running"
    assert by_hand.engine._coordinator.freezing
    assert by_hand.wait() == pytest.approx(0.015)

    by_hand.turn(0.014)
    assert by_hand.engine._coordinator.freezing
    by_hand.turn(0.002)
    assert not by_hand.engine._coordinator.freezing


def add_people(reply):
    reply(1, 2, 3)


def test_no_more_is_claimed_than_leaves_before_the_next_transaction(hand, reply, rows):
    by_hand = hand(1, silent, before=lambda: reply(*range(1, 21)))
    for _ in range(20):
        by_hand.turn(0.15)
        assert rows("sending") <= len(by_hand.client.jobs) + 1

    assert by_hand.client.in_flight <= 4


def test_at_a_high_rate_the_claim_lasts_beyond_the_next_transaction(hand, reply, rows):
    hand(1000, silent, before=lambda: reply(*range(1, 151)))

    assert rows("sending") >= 0.08 * 989


# What leaves


def test_a_fast_engine_sends_in_groups_five_milliseconds_apart(hand, reply):
    by_hand = hand(1000, silent, before=lambda: reply(*range(1, 101)))
    first = by_hand.client.in_flight
    assert 5 <= first <= 15
    assert by_hand.wait() == pytest.approx(0.005)

    assert by_hand.turn(0.004) == first
    assert by_hand.turn(0.0011) > first


def test_what_a_commit_held_up_is_made_up_for_in_small_groups(hand, reply):
    """Once the flow is under way: until then the pacer allows less than a group."""
    by_hand = hand(250, before=lambda: reply(*range(1, 321)))
    while by_hand.turn(0.0051) >= 0 and len(by_hand.server.bodies) < 260:
        by_hand.answers()
    by_hand.answers()
    assert by_hand.turn(0.06) == 4


def test_a_slow_engine_keeps_its_pace(hand, reply):
    by_hand = hand(20, silent, before=lambda: reply(*range(1, 31)))
    assert by_hand.wait() == pytest.approx(2 / 19.6 - 0.008, abs=0.001)
    for _ in range(99):
        by_hand.turn(0.01)

    assert 18 <= by_hand.client.in_flight <= 20


def test_no_more_is_in_flight_than_there_are_connections(hand, reply):
    by_hand = hand(1000, silent, before=lambda: reply(*range(1, 6)), connections=2)
    assert by_hand.client.in_flight == 2
    assert by_hand.wait() > 0.04, "nothing to do before a connection is free"
    by_hand.turn(0.01)
    assert by_hand.client.in_flight == 2


def test_a_reply_leaves_first_and_its_chats_broadcast_a_second_later(hand, reply, database, frozen):
    with database.writing() as session:
        add_chats(session, 1, 2, 3)
    by_hand = hand(1000, silent, before=lambda: (frozen(), reply(1)))

    left = [(job.chat_id, json.loads(job.body)["text"]) for job in by_hand.client.jobs]
    assert left == [(1, "hi"), (2, "hello"), (3, "hello")], "chat 1 does not hold up the others"
    assert by_hand.turn(0.9) == 3
    for _ in range(3):
        by_hand.turn(0.2)
    assert [job.chat_id for job in by_hand.client.jobs] == [1, 2, 3, 1]


@pytest.mark.parametrize(("sleep", "leaves"), [(4.9, 2), (5.1, 0)])
def test_what_was_claimed_before_a_long_sleep_waits_for_the_lease(sleep, leaves, hand, reply, rows):
    by_hand = hand(30)
    reply(1, 2)
    by_hand.clock.sleep = sleep

    assert by_hand.turn(0.3) == leaves
    for _ in range(5):
        by_hand.turn(0.2)
        by_hand.answers()
    by_hand.turn(0.2)
    assert by_hand.chats == {1: 1, 2: 1}
    assert rows("sent") == 2


def test_a_pause_puts_back_what_is_claimed_and_an_answer_does_not(hand, reply, rows, database):
    by_hand = hand(20, before=lambda: reply(1, 2, 3, 4, 5))
    by_hand.answers()
    claimed = rows("sending")
    assert claimed > 2
    by_hand.turn(0.01)
    assert rows("sending") == claimed

    with database.writing() as session:  # as by the part that polls
        settings_crud.prolong_pause(session, settings_crud.FLOOD, 3600, utcnow())
    by_hand.engine.wake()
    by_hand.turn(0.01)
    by_hand.turn(0.2)
    assert by_hand.engine.state == "flood pause, 3600 s"
    assert rows("sending") == 0
    sent = by_hand.chats.total()

    by_hand.turn(60)
    assert by_hand.chats.total() == sent
    with database.writing() as session:
        settings_crud.clear_pauses(session, utcnow())
    for _ in range(20):
        by_hand.turn(0.2)
        by_hand.answers()
    assert by_hand.chats == dict.fromkeys(range(1, 6), 1)


def test_a_flood_of_the_whole_bot_takes_back_what_has_not_left(hand, reply, rows):
    many = b'{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":60}}'
    head = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: %d\r\n\r\n" % len(many)
    by_hand = hand(20, saying(head + many), before=lambda: reply(1, 2, 3, 4, 5))
    by_hand.answers()
    by_hand.turn(0.2)

    assert by_hand.engine.state == "flood pause, 60 s"
    assert rows("sending") == 0
    by_hand.turn(59)
    assert by_hand.client.in_flight == 0


def test_a_broadcast_that_is_paused_takes_back_its_own_and_nothing_of_others(
    hand, database, frozen, shown
):
    with database.writing() as session:
        add_chats(session, *range(1, 31))
    first, second = frozen(), frozen()
    by_hand = hand(100, silent)
    changes.pause(database.writing, first, "test")
    by_hand.engine.wake()
    by_hand.turn(0.006)
    in_flight = Counter(job.row for job in by_hand.client.jobs)
    by_hand.engine.wake()
    by_hand.turn(0.006)

    assert shown(first).sending == in_flight[first]
    for _ in range(70):  # who has the first one waits a second for the other
        by_hand.turn(0.02)
    now = Counter(job.row for job in by_hand.client.jobs)
    assert (now[first], now[second]) == (in_flight[first], 30)


# What it says, and what becomes of trouble


@pytest.mark.parametrize(("react", "state"), [(silent, "sending"), (answering, "idle")])
def test_it_says_whether_it_sends(react, state, hand, reply):
    by_hand = hand(30, react, before=lambda: reply(1))
    if state == "idle":
        by_hand.answers()
    by_hand.turn(0.2)
    by_hand.turn(0.4)

    assert by_hand.engine.state == state


def test_while_the_database_fails_nothing_leaves_and_nothing_is_lost(
    hand, reply, rename, rows, caplog
):
    by_hand = hand(20, before=lambda: reply(1, 2, 3, 4, 5))
    by_hand.answers()
    left = by_hand.chats.total()
    rename("messages", "gone")
    for _ in range(3):
        by_hand.turn(1.01)
        assert by_hand.engine.state in {
            "database: no such table: messages",
            'database: relation "messages" does not exist',
        }
    rename("gone", "messages")

    by_hand.engine.wake()
    assert by_hand.turn(0.9) == 0
    assert by_hand.chats.total() == left
    assert by_hand.engine.state.startswith("database")
    for _ in range(10):
        by_hand.turn(0.2)
        by_hand.answers()
    by_hand.turn(0.5)
    assert by_hand.engine.state == "idle"
    assert by_hand.chats == dict.fromkeys(range(1, 6), 1)
    assert (rows("sent"), rows("unknown")) == (5, 0)
    assert sum("sending stopped" in record.message for record in caplog.records) == 1


def test_a_database_that_fails_at_a_look_is_trouble_too(hand, rename, no_table):
    by_hand = hand(30)
    rename("messages", "gone")

    by_hand.turn(0.3)

    assert by_hand.engine.state == f"database: {no_table('messages')}"
    by_hand.engine.wake()
    assert by_hand.wait() == pytest.approx(0.2), "it does not try again and again"


@pytest.mark.sqlite("refuses by a trigger")
@pytest.mark.parametrize(
    ("said", "state"), [("no\nmore", "database: no"), ("n" * 300, "database: " + "n" * 245)]
)
def test_the_reason_is_one_line_that_fits_where_it_is_kept(said, state, hand, reply, database):
    by_hand = hand(30)
    reply(1)
    with database.writing() as session:
        refuse = f"BEFORE UPDATE ON messages BEGIN SELECT RAISE(ABORT, '{said}'); END"
        session.execute(text(f"CREATE TRIGGER refuse {refuse}"))

    by_hand.turn(0.3)

    assert by_hand.engine.state == state


# The start and the end


@pytest.mark.parametrize("lost", [0, 2])
def test_a_start_says_what_was_in_flight(lost, hand, reply, database, caplog):
    if lost:
        reply(*range(1, lost + 1))
        with database.writing() as session:
            messages.take(session, lost, frozenset(), utcnow())
    hand(30)

    said = [r.message for r in caplog.records if "in flight" in r.message]
    assert said == [f"{lost} messages were in flight when the engine last ended: unknown"] * bool(
        lost
    )


def test_a_stop_takes_the_answers_back_and_waits_no_longer_than_for_them(hand, reply, rows):
    by_hand = hand(20, before=lambda: reply(1, 2, 3, 4, 5))
    by_hand.client.passes = by_hand.clock
    began = by_hand.clock.now

    by_hand.engine.drain()

    assert (rows("sent"), rows("sending"), rows("pending")) == (2, 0, 3)
    assert by_hand.clock.now - began < 7


def test_a_stop_does_not_wait_for_ever(hand, reply, rows):
    by_hand = hand(20, silent, before=lambda: reply(1, 2))
    by_hand.client.passes = by_hand.clock
    began = by_hand.clock.now

    by_hand.engine.drain(2)

    assert by_hand.clock.now - began == pytest.approx(2, abs=0.2)
    assert rows("sending") == 2, "the next start calls them unknown"


def test_a_stop_without_a_database_says_so(hand, reply, rename, caplog, no_table):
    by_hand = hand(20, before=lambda: reply(1))
    by_hand.answers()
    rename("messages", "gone")
    with caplog.at_level(logging.ERROR):
        by_hand.engine.drain()

    assert f"the last outcomes could not be written: {no_table('messages')}" in caplog.text
