"""What each error of a poll means: the table of docs/telegram.md."""

import pytest
from sqlalchemy.exc import OperationalError

from appliance.bot.failures import (
    BACK_OFF_SECONDS,
    CONFLICT_SECONDS,
    TOKEN_SECONDS,
    Streak,
    judge,
    where,
)
from appliance.bot.telegram import DoubtedToken, Refused
from appliance.errors import BadToken, Unavailable

OFFLINE = Unavailable("cannot reach the Bot API at example.org: no answer in time")
CONFLICTS = {
    "terminated by other getUpdates request; make sure that only one bot instance is running": (
        "another program polls"
    ),
    "can't use getUpdates method while webhook is active": "a webhook is set",
}


@pytest.mark.parametrize(
    ("error", "bounds"),
    [
        (OFFLINE, BACK_OFF_SECONDS),
        (Refused(502, "Bad Gateway"), BACK_OFF_SECONDS),
        (Refused(500, "Internal Server Error"), BACK_OFF_SECONDS),
        (Refused(409, "Conflict: terminated"), CONFLICT_SECONDS),
        (OperationalError("BEGIN", {}, Exception("locked")), BACK_OFF_SECONDS),
        (ZeroDivisionError(), BACK_OFF_SECONDS),
    ],
)
def test_pauses_grow_up_to_a_limit(error, bounds):
    first, longest = bounds
    for tries in (0, 1, 3, 10, 10_000):
        full = min(longest, first * 2 ** min(tries, 20))
        assert full / 2 <= judge(error, tries).seconds <= full


def test_pauses_differ():
    assert len({judge(OFFLINE, 3).seconds for _ in range(10)}) > 1


@pytest.mark.parametrize("words", CONFLICTS)
def test_a_conflict_names_its_cause(words):
    trouble = judge(Refused(409, f"Conflict: {words}"), 0)
    assert trouble.loud
    assert trouble.state.startswith("conflict: ")
    assert CONFLICTS[words] in trouble.state


def test_a_wrong_token_is_loud_and_rarely_tried():
    trouble = judge(BadToken("no"), 0)
    assert trouble.loud and trouble.state.startswith("bad token")
    assert trouble.seconds >= 60


def test_one_404_is_no_wrong_token_yet():
    """A proxy answers so too, while it starts; the fourth in a row is believed."""
    streak = Streak()
    troubles = [streak.judge(DoubtedToken("404")) for _ in range(5)]
    assert [trouble.seconds for trouble in troubles] == [2, 4, 8, TOKEN_SECONDS, TOKEN_SECONDS]
    assert [trouble.loud for trouble in troubles] == [False] * 3 + [True] * 2
    assert [trouble.state.startswith("bad token") for trouble in troubles] == [False] * 3 + [
        True
    ] * 2


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


def test_a_flood_is_waited_out():
    assert judge(Refused(429, "Too Many Requests", 3600), 5).seconds == 3600
    assert judge(Refused(429, "Too Many Requests"), 0).seconds == 1


ERRORS = {
    "flood": Refused(429, "Too Many Requests", 5),
    "conflict": Refused(409, "Conflict"),
    "bad request": Refused(400, "Bad Request"),
    "server": Refused(502, "Bad Gateway"),
    "offline": OFFLINE,
    "token": BadToken("no"),
    "database": OperationalError("BEGIN", {}, Exception("locked")),
    "bug": ZeroDivisionError(),
}


def test_only_a_flood_outlives_a_restart():
    assert [name for name, error in ERRORS.items() if judge(error, 0).flood] == ["flood"]


def test_what_somebody_must_mend_is_loud():
    loud = {name for name, error in ERRORS.items() if judge(error, 0).loud}
    assert loud == set(ERRORS) - {"flood", "server", "offline"}


def test_states_fit_the_lease():
    long = Unavailable("cannot reach the Bot API at " + "x" * 300)
    assert len(judge(long, 0).state) <= 255


def test_an_error_is_placed_without_its_words():
    try:
        raise ValueError("what Anna wrote")
    except ValueError as error:
        told = where(error)
    assert "Anna" not in told
    assert told.startswith("ValueError in test_an_error_is_placed_without_its_words (test_failures")
    assert where(BadToken("our own words")) == "BadToken: our own words"
