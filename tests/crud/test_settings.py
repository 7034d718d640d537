"""Values the program keeps for itself."""

from datetime import timedelta

from appliance.crud.settings import (
    FLOOD,
    POLL_PAUSE,
    get_setting,
    pause_until,
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
    for until, expected in ((100.0, 100.0), (50.0, 100.0), (150.0, 150.0)):
        with store.writing() as session:
            prolong_pause(session, FLOOD, until)
            assert get_setting(session, FLOOD) == {"until": expected}
            assert pause_until(session, FLOOD) == expected
            assert pause_until(session, POLL_PAUSE) == 0.0
