"""Decisions about broadcasts."""

from datetime import UTC, datetime

from appliance.crud.broadcasts import events

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


def test_events_are_listed_oldest_first(store, announce):
    first, other = announce(), announce()
    with store.writing() as session:
        events.add(session, first, "cli:root", "retry", {"states": ["failed"]}, now=NOW)
        events.add(session, other, "user:5", "cancel")
        events.add(session, first, events.SCHEDULER, "missed")
    with store.reading() as session:
        found = events.list_for(session, first)
        assert [(event.actor, event.action, event.details) for event in found] == [
            ("cli:root", "retry", {"states": ["failed"]}),
            ("schedule", "missed", {}),
        ]
        assert found[0].at == NOW
