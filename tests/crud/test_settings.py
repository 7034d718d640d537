"""Values the program keeps for itself."""

from datetime import UTC, datetime, timedelta

import pytest

from appliance.crud.settings import (
    FLOOD,
    LONGEST_PAUSE,
    POLL_PAUSE,
    Pause,
    chat_pauses,
    clear_pauses,
    get_setting,
    pause_chat,
    pause_of,
    prolong_pause,
    put_setting,
)
from appliance.models import Setting, utcnow

NOW = utcnow()


def test_a_value_is_kept_and_overwritten(store):
    with store.writing() as session:
        put_setting(session, "bot", {"id": 2**52, "name": "Клуб"}, NOW)
    with store.writing() as session:
        assert get_setting(session, "bot") == {"id": 2**52, "name": "Клуб"}
        put_setting(session, "bot", {"id": 1}, NOW + timedelta(hours=1))
    with store.reading() as session:
        assert get_setting(session, "bot") == {"id": 1}
        assert session.get(Setting, "bot").updated_at == NOW + timedelta(hours=1)


def test_what_was_never_stored(store):
    with store.reading() as session:
        assert get_setting(session, "bot") is None


def test_values_do_not_touch_each_other(store):
    with store.writing() as session:
        put_setting(session, "flood", {"until": 1.5})
        put_setting(session, "bot", {})
        assert get_setting(session, "flood") == {"until": 1.5}


def test_a_pause_is_only_prolonged(store):
    now = datetime.fromtimestamp(1000, UTC)
    for seconds, expected in ((100, 100), (50, 100), (150, 150)):
        with store.writing() as session:
            prolong_pause(session, FLOOD, seconds, now)
            assert pause_of(session, FLOOD) == Pause(1000 + expected, expected)
            assert pause_of(session, POLL_PAUSE).left(0) == 0.0


@pytest.mark.parametrize(
    ("stored", "wall", "left"),
    [
        ({"until": 1030, "seconds": 30}, 1000, 30),
        ({"until": 1030, "seconds": 30}, 1020, 10),
        ({"until": 1030, "seconds": 30}, 1031, 0),
        ({"until": 1030, "seconds": 30}, -90_000, 30),  # the clock was set back
        ({"until": 1030}, 1000, 30),  # by an earlier version
        ({"until": 10**9}, 1000, LONGEST_PAUSE),
        ({}, 1000, 0),
        (None, 1000, 0),
    ],
)
def test_a_pause_lasts_no_longer_than_was_asked(stored, wall, left):
    assert Pause.load(stored).left(wall) == left


def test_pauses_of_chats_are_forgotten_when_they_are_over(store):
    for chat_id, second in ((5, 0), (-7, 21), (6, 50)):
        with store.writing() as session:
            pause_chat(session, chat_id, 30, datetime.fromtimestamp(1000 + second, UTC))
    with store.reading() as session:
        assert chat_pauses(session, 1050).keys() == {-7, 6}
        assert chat_pauses(session, 1051).keys() == {6}
        assert chat_pauses(session, 0).keys() == {-7, 6}, "the first one is not kept any more"


def test_clearing_ends_all_and_is_seen(store):
    now = datetime.fromtimestamp(1000, UTC)
    with store.writing() as session:
        prolong_pause(session, FLOOD, 100, now)
        prolong_pause(session, POLL_PAUSE, 100, now)
        pause_chat(session, 5, 30, now)
        clear_pauses(session, now)
    with store.reading() as session:
        assert pause_of(session, FLOOD) == Pause(cleared=1000)
        assert pause_of(session, POLL_PAUSE).left(1000) == 0
        assert chat_pauses(session, 1000) == {}
