"""What is said outside opening hours."""

from datetime import UTC, datetime

from appliance.services.i18n.catalog import phrase
from appliance.services.inbox import auto_reply, settings
from appliance.services.inbox.settings import Options

TUESDAY_NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


def words(database, chosen, language="en"):
    with database.writing() as session:
        settings.set_options(session, chosen)
        return auto_reply.current(session, language, "UTC", TUESDAY_NOON)


def test_nothing_while_somebody_is_there(database):
    assert words(database, Options(None, {"en": "Closed"})) is None
    assert words(database, Options("Tue 09:00-18:00", {"en": "Closed"})) is None


def test_the_organisations_words_or_the_programs(database):
    chosen = Options("Mon 09:00-18:00", {"en": "Closed <b>"})
    assert words(database, chosen).html == "Closed &lt;b&gt;"
    assert words(database, chosen, "ru").html == phrase("ru", "away", hours="пн 09:00–18:00")


def test_days_are_said_in_the_readers_language(database):
    chosen = Options("Mon 00:00-24:00, Wed-Fri 09:00-18:00, Sat-Sun 22:00-02:00", {})
    assert words(database, chosen).html.endswith(
        "we answer Mon 00:00–24:00, Wed–Fri 09:00–18:00, Sat–Sun 22:00–02:00."
    )
    assert words(database, chosen, "ru").html.endswith(
        "мы отвечаем пн 00:00–24:00, ср–пт 09:00–18:00, сб–вс 22:00–02:00."
    )
