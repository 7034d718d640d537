"""What each error of a poll means: the table of docs/telegram.md."""

import logging

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from appliance.bot.failures import (
    BACK_OFF_SECONDS,
    CONFLICT_SECONDS,
    REFUSED_SECONDS,
    TOKEN_SECONDS,
    Streak,
    Trial,
    judge,
    where,
)
from appliance.bot.telegram import DoubtedToken, Refused
from appliance.errors import BadToken, Unavailable
from support.clock import Clock

OFFLINE = Unavailable("cannot reach the Bot API at example.org: no answer in time")
CONFLICTS = {
    "terminated by other getUpdates request; make sure that only one bot instance is running": (
        "another program polls"
    ),
    "can't use getUpdates method while webhook is active": "a webhook is set",
    "terminated by setWebhook request": "a webhook is set",
}


LOCKED = OperationalError("BEGIN", {}, Exception("locked"))
AWAY = OperationalError("SELECT", {}, psycopg.OperationalError("connection refused"))
TABLE = [
    # error, what `appliance status` shows, the bounds of its pauses, whether somebody has to act
    (OFFLINE, "unreachable: cannot reach the Bot API", BACK_OFF_SECONDS, False),
    (Refused(502, "Bad Gateway"), "Telegram answers 502", BACK_OFF_SECONDS, False),
    (Refused(500, "Internal Server Error"), "Telegram answers 500", BACK_OFF_SECONDS, False),
    (Refused(302, "Found"), "Telegram answers 302", BACK_OFF_SECONDS, False),
    (Refused(400, "bad webhook"), "Telegram refuses (400): bad", REFUSED_SECONDS, True),
    (Refused(409, "Conflict: terminated"), "conflict: another program", CONFLICT_SECONDS, True),
    (LOCKED, "the database cannot be written", BACK_OFF_SECONDS, True),
    (ZeroDivisionError("secret"), "failed: ZeroDivisionError", BACK_OFF_SECONDS, True),
]


@pytest.mark.parametrize(("error", "state", "bounds", "loud"), TABLE)
def test_what_an_error_means(error, state, bounds, loud):
    trouble = judge(error, 0)
    assert trouble.state.startswith(state) and "secret" not in trouble.state
    assert (trouble.loud, trouble.flood) == (loud, False)
    first, longest = bounds
    for tries in (0, 1, 3, 10, 10_000):
        full = min(longest, first * 2 ** min(tries, 20))
        assert full / 2 <= judge(error, tries).seconds <= full


@pytest.mark.parametrize(
    ("error", "level"),
    [(OFFLINE, "WARNING"), (LOCKED, "ERROR"), (AWAY, "DEBUG")],
)
def test_how_loudly_the_log_says_it(error, level):
    """Of a PostgreSQL that is away the log has a line already."""
    assert logging.getLevelName(judge(error, 0).level) == level


def test_pauses_differ():
    assert len({judge(OFFLINE, 3).seconds for _ in range(10)}) > 1


@pytest.mark.parametrize("words", CONFLICTS)
def test_a_conflict_names_its_cause(words):
    trouble = judge(Refused(409, f"Conflict: {words}"), 0)
    assert trouble.loud
    assert trouble.state.startswith("conflict: ")
    assert CONFLICTS[words] in trouble.state
    assert "likely another server with this token, or BotFather's webhook" in trouble.state
    assert len(trouble.state) <= 255
    assert trouble.rival == ("another program" in trouble.state)


def test_a_wrong_token_is_loud_and_rarely_tried():
    trouble = judge(BadToken("no"), 0)
    assert trouble.state.startswith("bad token")
    assert (trouble.loud, trouble.flood, trouble.seconds) == (True, False, TOKEN_SECONDS)


def test_one_404_is_no_wrong_token_yet():
    """A proxy answers so too, while it starts; the fourth in a row is believed."""
    streak = Streak()
    troubles = [streak.judge(DoubtedToken("404")) for _ in range(5)]
    assert [trouble.seconds for trouble in troubles] == [2, 4, 8, TOKEN_SECONDS, TOKEN_SECONDS]
    assert [trouble.loud for trouble in troubles] == [False] * 3 + [True] * 2
    assert [trouble.state.startswith("bad token") for trouble in troubles] == [False] * 3 + [
        True
    ] * 2


def test_a_conflict_is_waited_out_for_minutes_whatever_came_before():
    streak = Streak()
    for _ in range(10):
        streak.judge(OFFLINE)
    pauses = [streak.judge(Refused(409, "Conflict: terminated")).seconds for _ in range(6)]
    assert 60 <= pauses[0] <= 120, pauses
    assert all(450 <= pause <= 900 for pause in pauses[3:]), pauses
    assert streak.judge(Refused(400, "no")).seconds >= REFUSED_SECONDS[1] / 2


def test_a_trial_lasts_as_long_as_was_asked():
    clock = Clock()
    trial = Trial(clock)
    assert trial.passed() and not trial.pending
    trial.require(90)
    assert not trial.passed()
    clock.advance(89)
    assert trial.pending and not trial.passed()
    clock.advance(1)
    assert trial.passed() and not trial.pending


def test_a_streak_doubles_its_pauses():
    first, _ = BACK_OFF_SECONDS
    streak = Streak()
    pauses = [streak.judge(OFFLINE).seconds for _ in range(5)]
    full = [first * 2**number for number in range(5)]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, full, strict=True)), pauses


def test_other_failures_in_between_are_no_404():
    streak = Streak()
    for _ in range(3):
        streak.judge(DoubtedToken("404"))
    for _ in range(6):
        trouble = streak.judge(OFFLINE)
    assert trouble.seconds > BACK_OFF_SECONDS[0] * 8, "failures in a row, whichever"
    assert streak.judge(DoubtedToken("404")).seconds == 2
    streak.over()
    assert streak.judge(OFFLINE).seconds <= BACK_OFF_SECONDS[0]


@pytest.mark.parametrize(("asked", "seconds"), [(3600, 3600), (0, 1)])
def test_a_flood_is_waited_out_and_outlives_a_restart(asked, seconds):
    trouble = judge(Refused(429, "Too Many Requests", asked), 5)
    assert (trouble.seconds, trouble.flood, trouble.loud) == (seconds, True, False)
    assert trouble.state == f"flood: Telegram asks for {seconds} s of silence"


@pytest.mark.parametrize("error", [Unavailable("x" * 300), Refused(400, "x" * 300)])
def test_states_fit_the_lease(error):
    assert len(judge(error, 0).state) == 255


def test_an_error_is_placed_without_its_words():
    try:
        raise ValueError("what Anna wrote")
    except ValueError as error:
        told = where(error)
    assert "Anna" not in told
    assert told.startswith("ValueError in test_an_error_is_placed_without_its_words (test_failures")
    assert where(BadToken("our own words")) == "BadToken: our own words"
