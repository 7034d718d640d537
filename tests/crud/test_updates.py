"""The inbox keeps order, knows repetitions, and lets one handler have an update."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from appliance.crud import updates
from appliance.crud.updates import NewUpdate, Waiting
from appliance.database import Database
from appliance.models import Update
from support.stored_updates import count_waiting

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def new(update_id: int) -> NewUpdate:
    return NewUpdate(update_id, 1001, {"update_id": update_id, "message": {"text": "שלום 👋"}})


def handle(database: Database, limit: int, now: datetime = NOW) -> list[Waiting]:
    """What would be handled next; marks it."""
    with database.writing() as session:
        taken = updates.take(session, limit)
        updates.mark_handled(session, [row.seq for row in taken], now)
    return taken


def row_of(database: Database, update_id: int) -> Update:
    with database.reading() as session:
        return session.scalars(select(Update).where(Update.id == update_id)).one()


def test_known_ids_are_passed_over(database):
    with database.writing() as session:
        assert updates.store(session, [], NOW) == 0
        assert not updates.any_waiting(session)
        assert updates.store(session, [new(5), new(6), new(5)], NOW) == 2
    with database.writing() as session:
        assert updates.store(session, [new(6), new(7)], NOW) == 1
        assert count_waiting(session) == 3
        assert updates.any_waiting(session)


def test_the_same_on_postgresql(postgresql_database):
    test_known_ids_are_passed_over(postgresql_database)
    assert [row.payload["update_id"] for row in handle(postgresql_database, 10)] == [5, 6, 7]
    assert handle(postgresql_database, 10) == []


def test_the_order_of_arrival_is_kept(database):
    """Also when ids begin anew below the old ones, as after an idle week."""
    with database.writing() as session:
        updates.store(session, [new(900), new(901)], NOW)
        updates.store(session, [new(2**40), new(10), new(11)], NOW)
    taken = handle(database, 3) + handle(database, 3)
    assert [row.payload["update_id"] for row in taken] == [900, 901, 2**40, 10, 11]


def test_the_payload_is_kept_word_for_word_until_it_is_handled(database):
    with database.writing() as session:
        updates.store(session, [new(5)], NOW)
    kept = row_of(database, 5)
    assert (kept.payload, kept.chat_id, kept.received_at) == (new(5).payload, 1001, NOW)
    assert handle(database, 9)[0].payload == new(5).payload
    handled = row_of(database, 5)
    assert (handled.payload, handled.handled_at, handled.error) == ({}, NOW, None)


def test_what_is_set_aside_can_be_looked_into(database):
    with database.writing() as session:
        updates.store(session, [new(5), new(6)], NOW)
        updates.set_aside(session, updates.take(session, 1)[0].seq, "E" * 300, NOW)
    kept = row_of(database, 5)
    assert (kept.payload, kept.handled_at, kept.error) == (new(5).payload, NOW, "E" * 255)
    assert [row.payload["update_id"] for row in handle(database, 9)] == [6]


def test_a_rollback_hands_them_back(database):
    with database.writing() as session:
        updates.store(session, [new(5)], NOW)
    with database.reading() as session:
        updates.mark_handled(session, [1], NOW)
    assert len(handle(database, 9)) == 1


def test_only_the_handled_is_forgotten(database):
    with database.writing() as session:
        updates.store(session, [new(5), new(6)], NOW - timedelta(days=9))
    handle(database, 1, NOW - timedelta(days=8))
    with database.writing() as session:
        assert updates.forget_handled(session, NOW - timedelta(days=7)) == 1
        assert count_waiting(session) == 1


def test_what_was_set_aside_is_counted(store):
    with store.writing() as session:
        updates.store(session, [new(5), new(6), new(7)], NOW)
        first, second, _ = (row.seq for row in updates.take(session, 3))
        updates.set_aside(session, first, "KeyError", NOW)
        updates.mark_handled(session, [second], NOW)
        assert updates.count_set_aside(session) == 1


def test_another_bots_ids_are_not_known(store):
    """What waits of the former bot is kept, in its place, and its id is free as well."""
    with store.writing() as session:
        updates.store(session, [new(5), new(6), new(7)], NOW)
        updates.mark_handled(session, [row.seq for row in updates.take(session, 2)], NOW)
        updates.begin_anew(session)
        assert updates.store(session, [new(5), new(6), new(7)], NOW) == 3
        updates.begin_anew(session)
        assert updates.store(session, [new(7)], NOW) == 1
    assert [row.payload["update_id"] for row in handle(store, 9)] == [7, 5, 6, 7, 7]
