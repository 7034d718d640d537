"""What programs said and nobody got is counted by token."""

from datetime import timedelta

from appliance.models import utcnow
from appliance.services.alerts import refused

NOW = utcnow()


def test_counts_add_up_and_the_last_reason_stays(database):
    for minutes, given in (
        (0, {1: ("ci", 1, "no text"), 2: ("disk", 1, "no topic")}),
        (1, {1: ("ci", 4, "x" * 500)}),
    ):
        with database.writing() as session:
            refused.add(session, given, NOW + timedelta(minutes=minutes))
    with database.reading() as session:
        first, second = refused.listed(session)
    assert (first["token"], first["count"], first["reason"]) == ("ci", 5, "x" * refused.MAX_REASON)
    assert (second["token"], second["count"]) == ("disk", 1)


def test_after_a_month_it_is_forgotten(database):
    with database.writing() as session:
        refused.add(session, {1: ("ci", 1, "no text")}, NOW - refused.KEPT - timedelta(days=1))
        refused.add(session, {2: ("disk", 1, "no text")}, NOW)
        assert [entry["token"] for entry in refused.listed(session)] == ["disk"]
