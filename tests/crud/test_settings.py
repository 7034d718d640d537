"""Values the program keeps for itself."""

from datetime import timedelta

from appliance.crud.settings import get_setting, put_setting
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
