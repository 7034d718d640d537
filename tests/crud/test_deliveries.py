"""The ledger: every recipient once, and counters that never disagree with it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from appliance.crud import audience, broadcasts, deliveries
from appliance.crud.audience import Audience, Term
from appliance.crud.deliveries import DeliveryOutcome, DeliveryRow
from appliance.models import Chat, Delivery, DeliveryState

PENDING, SENDING, SENT, FAILED, SKIPPED, UNKNOWN = DeliveryState
ALL = Audience((Term("all"),))
NOW = 1_800_000_000


@pytest.fixture
def freeze(store):
    """`freeze(id)` writes the ledger of a broadcast to everybody, as the engine does."""

    def freeze(broadcast_id, chunk=1000):
        cursor = None
        while True:
            with store.writing() as session:
                written, cursor = audience.freeze(session, broadcast_id, ALL, cursor, chunk, NOW)
                broadcasts.add_frozen(session, broadcast_id, written, cursor, None)
            if cursor is None:
                return

    return freeze


@pytest.fixture
def ledger(know, announce, freeze):
    """A broadcast with five pending recipients, 1 to 5; its id."""
    know(1, 2, 3, 4, 5)
    broadcast_id = announce()
    freeze(broadcast_id)
    return broadcast_id


@pytest.fixture
def take(store, ledger):
    def take(*chat_ids):
        with store.writing() as session:
            return deliveries.take(session, ledger, chat_ids, NOW + 1)

    return take


@pytest.fixture
def record(store, ledger):
    def record(*outcomes, was=SENDING):
        with store.writing() as session:
            deliveries.record(session, ledger, outcomes, NOW + 2, was)

    return record


@pytest.fixture
def states(store):
    """`states(id)`: chats by state; fails where the counters do not equal the ledger."""

    def states(broadcast_id):
        with store.reading() as session:
            broadcast = broadcasts.get(session, broadcast_id)
            counted = deliveries.states_of(session, broadcast_id)
            rows = list(deliveries.iterate(session, broadcast_id, 2))
        assert {s: getattr(broadcast, s.word) for s in DeliveryState} == {
            s: counted.get(s, 0) for s in DeliveryState
        }
        assert broadcast.total == sum(counted.values()) == len(rows)
        reasons = [row.reason for row in rows if row.reason and row.state not in {"pending"}]
        assert broadcast.reasons == {reason: reasons.count(reason) for reason in reasons}
        found = {}
        for row in rows:
            found.setdefault(row.state, []).append(row.chat_id)
        return found

    return states


@pytest.mark.parametrize("chunk", [1, 2, 5, 6])
def test_an_audience_is_frozen_in_chunks_and_nobody_is_left_out(
    know, announce, freeze, states, chunk
):
    know(-7, 1, 2**53, 3, 2)
    broadcast_id = announce()
    freeze(broadcast_id, chunk)
    assert states(broadcast_id) == {"pending": [-7, 1, 2, 3, 2**53]}


def test_a_chunk_begins_after_the_cursor(store, know, announce):
    know(1, 2, 3)
    broadcast_id = announce()
    with store.writing() as session:
        assert audience.freeze(session, broadcast_id, ALL, None, 2, NOW) == (2, 2)
        assert audience.freeze(session, broadcast_id, ALL, 2, 2, NOW) == (1, None)


def test_the_last_chunk_may_be_full(store, know, announce):
    know(1, 2)
    broadcast_id = announce()
    with store.writing() as session:
        assert audience.freeze(session, broadcast_id, ALL, None, 2, NOW) == (2, 2)
        assert audience.freeze(session, broadcast_id, ALL, 2, 2, NOW) == (0, None)


def test_an_empty_audience_freezes_to_nothing(store, announce):
    broadcast_id = announce()
    with store.writing() as session:
        assert audience.freeze(session, broadcast_id, ALL, None, 2, NOW) == (0, None)


def test_nobody_is_frozen_twice(store, ledger):
    with pytest.raises(Exception, match=r"(?i)unique"), store.writing() as session:
        audience.freeze(session, ledger, ALL, None, 2, NOW)


def test_peek_shows_the_next_with_the_status_of_their_chats(store, ledger, know, take):
    know(2, status="blocked")
    take(3)
    with store.writing() as session:
        session.execute(delete(Chat).where(Chat.id == 4))
        page = deliveries.peek(session, ledger, None, 3)
        rest = deliveries.peek(session, ledger, page[-1][0], 3)
    assert page == [(1, "active"), (2, "blocked"), (4, None)]
    assert rest == [(5, "active")]


def test_taking_moves_them_to_sending(take, states, ledger):
    assert sorted(take(1, 4)) == [1, 4]
    assert states(ledger) == {"pending": [2, 3, 5], "sending": [1, 4]}
    assert take() == []


def test_what_is_not_pending_is_not_taken(take, record, states, ledger):
    take(1)
    record(DeliveryOutcome(1, SENT, message_id=9))
    assert take(1, 2, 99) == [2]
    assert states(ledger) == {"pending": [3, 4, 5], "sending": [2], "sent": [1]}


def test_outcomes_are_kept(store, take, record, states, ledger):
    take(1, 2, 3)
    record(
        DeliveryOutcome(1, SENT, message_id=2**40),
        DeliveryOutcome(2, FAILED, "blocked"),
        DeliveryOutcome(3, UNKNOWN, "no_answer"),
    )
    assert states(ledger) == {"pending": [4, 5], "sent": [1], "failed": [2], "unknown": [3]}
    with store.reading() as session:
        first, second, third, fourth, _ = deliveries.list_page(session, ledger, None, 10)
    at = datetime.fromtimestamp(NOW + 2, UTC)
    assert first == DeliveryRow(1, "P1", None, None, "sent", None, 1, 2**40, at)
    assert second == DeliveryRow(2, "P2", None, None, "failed", "blocked", 1, None, at)
    assert (third.state, third.reason, third.attempts) == ("unknown", "no_answer", 1)
    assert (fourth.attempts, fourth.updated_at) == (0, datetime.fromtimestamp(NOW, UTC))


def test_put_back_it_can_be_taken_again(store, take, record, states, ledger):
    take(1, 2)
    record(
        DeliveryOutcome(1, PENDING, "server_error"),
        DeliveryOutcome(2, PENDING, "flood", counts=False),
    )
    assert states(ledger) == {"pending": [1, 2, 3, 4, 5]}
    with store.reading() as session:
        rows = deliveries.list_page(session, ledger, None, 2)
    assert [row.attempts for row in rows] == [1, 0]
    assert take(1, 2) == [1, 2]


def test_skipped_straight_from_pending(record, states, ledger):
    record(DeliveryOutcome(2, SKIPPED, "chat_stopped", counts=False), was=PENDING)
    assert states(ledger) == {"pending": [1, 3, 4, 5], "skipped": [2]}


def test_nothing_to_record(record, states, ledger):
    record()
    assert states(ledger) == {"pending": [1, 2, 3, 4, 5]}


def test_an_outcome_that_comes_too_late_changes_nothing(store, take, record, states, ledger):
    """Another engine recovered the row meanwhile: `unknown` stays, and the counters agree."""
    take(1, 2, 3)
    with store.writing() as session:
        assert deliveries.recover(session, ledger, NOW) == 3
    record(DeliveryOutcome(1, SENT), DeliveryOutcome(2, FAILED, "blocked"))
    assert states(ledger) == {"pending": [4, 5], "unknown": [1, 2, 3]}


def test_a_mismatch_in_part_is_counted_afresh(store, take, record, states, ledger):
    take(1)
    with store.writing() as session:
        deliveries.recover(session, ledger, NOW)
    take(2)
    record(DeliveryOutcome(1, SENT), DeliveryOutcome(2, FAILED, "blocked"))
    assert states(ledger) == {"pending": [3, 4, 5], "unknown": [1], "failed": [2]}


def test_recovery_touches_only_what_was_being_sent(store, take, record, states, ledger):
    take(1, 2)
    record(DeliveryOutcome(1, SENT))
    with store.writing() as session:
        assert deliveries.recover(session, ledger, NOW) == 1
        assert deliveries.recover(session, ledger, NOW) == 0
    assert states(ledger) == {"pending": [3, 4, 5], "sent": [1], "unknown": [2]}
    with store.reading() as session:
        (row,) = deliveries.list_page(session, ledger, UNKNOWN, 10)
    assert row.reason == "interrupted"


def test_skipping_goes_by_chunks_to_the_end(store, take, states, ledger):
    take(2)
    counts = []
    for _ in range(4):
        with store.writing() as session:
            counts.append(deliveries.skip_pending(session, ledger, NOW, 2))
        states(ledger)
    assert counts == [2, 2, 0, 0]
    assert states(ledger) == {"skipped": [1, 3, 4, 5], "sending": [2]}


def test_a_group_that_moved_waits_under_its_new_id(store, take, states, ledger):
    take(1)
    with store.writing() as session:
        assert deliveries.move(session, ledger, 1, -1001, NOW)
    assert states(ledger) == {"pending": [-1001, 2, 3, 4, 5]}


def test_a_group_that_moved_to_one_in_the_audience_is_told_once(store, take, states, ledger):
    take(1)
    with store.writing() as session:
        assert not deliveries.move(session, ledger, 1, 2, NOW)
    assert states(ledger) == {"pending": [2, 3, 4, 5], "skipped": [1]}
    with store.reading() as session:
        (row,) = deliveries.list_page(session, ledger, SKIPPED, 10)
    assert row.reason == "migrated"


def test_what_is_not_being_sent_any_more_is_not_moved(store, take, states, ledger):
    """Recovered by another engine: moving it back to pending would send it again."""
    take(1)
    with store.writing() as session:
        deliveries.recover(session, ledger, NOW)
        assert not deliveries.move(session, ledger, 1, -1001, NOW)
    assert states(ledger) == {"pending": [2, 3, 4, 5], "unknown": [1]}


def test_recounting_mends_what_is_wrong(store, take, record, states, ledger):
    take(1, 2)
    record(DeliveryOutcome(1, FAILED, "blocked"), DeliveryOutcome(2, PENDING, "server_error"))
    with store.writing() as session:
        broadcast = broadcasts.get(session, ledger)
        broadcast.pending, broadcast.sent, broadcast.reasons = 77, 3, {"x": 1}
    with store.writing() as session:
        deliveries.recount(session, ledger)
    assert states(ledger) == {"pending": [2, 3, 4, 5], "failed": [1]}


def test_pages_by_state(store, take, ledger):
    take(2, 4, 5)
    with store.reading() as session:
        first = deliveries.list_page(session, ledger, SENDING, 2)
        rest = deliveries.list_page(session, ledger, SENDING, 2, first[-1].chat_id)
        assert [row.chat_id for row in [*first, *rest]] == [2, 4, 5]
        assert list(deliveries.chats_in(session, ledger, {PENDING})) == [1, 3]


def test_every_line_once_however_small_the_pages(store, ledger):
    with store.reading() as session:
        for chunk in (1, 2, 5, 100):
            rows = deliveries.iterate(session, ledger, chunk)
            assert [row.chat_id for row in rows] == [1, 2, 3, 4, 5]


def test_a_forgotten_chat_keeps_its_line(store, ledger):
    with store.writing() as session:
        session.execute(delete(Chat).where(Chat.id == 3))
        third = deliveries.list_page(session, ledger, None, 10)[2]
    assert (third.chat_id, third.name) == (3, "3")


def test_broadcasts_do_not_touch_each_other(store, ledger, announce, freeze, take, states):
    other = announce()
    freeze(other)
    take(1, 2)
    with store.writing() as session:
        deliveries.recover(session, other, NOW)
        deliveries.skip_pending(session, other, NOW, 3)
    assert states(ledger) == {"pending": [3, 4, 5], "sending": [1, 2]}
    assert states(other) == {"skipped": [1, 2, 3], "pending": [4, 5]}


def test_a_deleted_broadcast_takes_its_ledger_along(store, ledger):
    with store.writing() as session:
        session.delete(broadcasts.get(session, ledger))
    with store.reading() as session:
        assert session.query(Delivery).count() == 0
