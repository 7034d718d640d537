"""What an organisation decides about its inbox."""

from appliance.services.inbox import settings as inbox_settings
from appliance.services.inbox.settings import Options


def test_nothing_is_chosen_at_first(database):
    with database.reading() as session:
        assert inbox_settings.options(session) == Options(None, {"en": "", "ru": ""})


def test_choices_are_kept_tidily(database):
    with database.writing() as session:
        chosen = Options("mon 9:00-10:00", {"en": " Closed ", "xx": "?"})
        kept = inbox_settings.set_options(session, chosen)
    assert kept == Options("Mon 09:00-10:00", {"en": "Closed", "ru": ""})
    with database.reading() as session:
        assert inbox_settings.options(session) == kept
