"""The inbox keeps order, knows repetitions, and lets one handler have an update."""

from datetime import UTC, datetime, timedelta

from appliance.crud import updates
from appliance.crud.updates import NewUpdate
from appliance.database import Database

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def new(update_id: int) -> NewUpdate:
    return NewUpdate(update_id, 1001, {"update_id": update_id, "message": {"text": "שלום 👋"}})


def waiting(database: Database) -> list[int]:
    """Ids in the order they would be handled; handles them."""
    found = []
    with database.writing() as session:
        while (seq := updates.next_waiting(session)) is not None:
            row = updates.claim(session, seq, NOW)
            assert row is not None
            found.append(row.id)
    return found


def test_known_ids_are_passed_over(database: Database) -> None:
    with database.writing() as session:
        assert updates.store(session, [new(5), new(6), new(5)], NOW) == 2
    with database.writing() as session:
        assert updates.store(session, [new(6), new(7)], NOW) == 1
        assert updates.count_waiting(session) == 3


def test_the_order_of_arrival_is_kept(database: Database) -> None:
    """Also when ids begin anew below the old ones, as after an idle week."""
    with database.writing() as session:
        updates.store(session, [new(900), new(901)], NOW)
        updates.store(session, [new(2**40), new(10), new(11)], NOW)
    assert waiting(database) == [900, 901, 2**40, 10, 11]


def test_the_payload_is_kept_word_for_word(database: Database) -> None:
    with database.writing() as session:
        updates.store(session, [new(5)], NOW)
        seq = updates.next_waiting(session)
        assert seq is not None
        row = updates.claim(session, seq, NOW)
        assert row is not None
        assert row.payload == new(5).payload
        assert (row.chat_id, row.received_at, row.handled_at) == (1001, NOW, NOW)


def test_one_claim_wins(database: Database) -> None:
    with database.writing() as session:
        updates.store(session, [new(5)], NOW)
        seq = updates.next_waiting(session)
        assert seq is not None
        assert updates.claim(session, seq, NOW) is not None
    with database.writing() as session:
        assert updates.claim(session, seq, NOW) is None
        assert updates.next_waiting(session) is None


def test_only_the_handled_is_forgotten(database: Database) -> None:
    with database.writing() as session:
        updates.store(session, [new(5), new(6)], NOW - timedelta(days=9))
        seq = updates.next_waiting(session)
        assert seq is not None
        updates.claim(session, seq, NOW - timedelta(days=8))
        assert updates.forget_handled(session, NOW - timedelta(days=7)) == 1
        assert updates.count_waiting(session) == 1
