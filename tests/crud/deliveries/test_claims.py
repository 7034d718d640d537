"""Recipients are claimed, and have an outcome, once."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from appliance.crud import deliveries
from appliance.crud.deliveries import DeliveryOutcome, DeliveryRow
from appliance.models import Chat, DeliveryState

PENDING = DeliveryState.PENDING
SENT = DeliveryState.SENT
FAILED = DeliveryState.FAILED
SKIPPED = DeliveryState.SKIPPED
UNKNOWN = DeliveryState.UNKNOWN
NOW = 1_800_000_000


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
        assert deliveries.recover(session, ledger, [1, 2, 3], NOW) == 3
    record(DeliveryOutcome(1, SENT), DeliveryOutcome(2, FAILED, "blocked"))
    assert states(ledger) == {"pending": [4, 5], "unknown": [1, 2, 3]}


def test_where_some_come_too_late_the_others_are_counted(store, take, record, states, ledger):
    take(1)
    with store.writing() as session:
        deliveries.recover(session, ledger, [1], NOW)
    take(2)
    record(DeliveryOutcome(1, SENT), DeliveryOutcome(2, FAILED, "blocked"))
    assert states(ledger) == {"pending": [3, 4, 5], "unknown": [1], "failed": [2]}


def test_outcomes_handed_in_twice_count_once(take, record, states, ledger):
    """The answer to the first commit was lost with the connection."""
    take(1, 2, 3)
    first = (DeliveryOutcome(1, SENT, message_id=9), DeliveryOutcome(2, PENDING, counts=False))
    record(*first)
    record(*first, DeliveryOutcome(3, FAILED, "blocked"))
    assert states(ledger) == {"pending": [2, 4, 5], "sent": [1], "failed": [3]}


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
    assert (row.reason, row.attempts) == ("migrated", 0)


def test_what_is_not_being_sent_any_more_is_not_moved(store, take, states, ledger):
    """Recovered by another engine: moving it back to pending would send it again."""
    take(1)
    with store.writing() as session:
        deliveries.recover(session, ledger, [1], NOW)
        assert not deliveries.move(session, ledger, 1, -1001, NOW)
    assert states(ledger) == {"pending": [2, 3, 4, 5], "unknown": [1]}


def test_what_was_claimed_and_never_left_costs_no_try(store, take, record, states, ledger):
    take(1, 2, 3)
    record(DeliveryOutcome(3, SENT))
    with store.writing() as session:
        deliveries.put_back(session, ledger, [1, 3], NOW)
    assert states(ledger) == {"pending": [1, 4, 5], "sending": [2], "sent": [3]}
    with store.reading() as session:
        rows = deliveries.list_page(session, ledger, None, 3)
    assert [row.attempts for row in rows] == [0, 0, 1]


NIGHT_IN_OMSK = frozenset({"Asia/Omsk"})


@pytest.mark.parametrize(
    ("asleep", "zone", "awake"),
    [
        (NIGHT_IN_OMSK, "UTC", [1, 3]),
        (NIGHT_IN_OMSK, "Asia/Omsk", [3]),  # who has no zone sleeps by the site's
        (frozenset({"UTC", "Asia/Omsk"}), "Asia/Omsk", [3]),
        (frozenset({"Europe/Berlin"}), "UTC", [1, 2]),
        (frozenset({"Europe/Berlin"}), "Europe/Berlin", [2]),
    ],
)
def test_who_is_awake_goes_by_their_own_clock(store, ledger, know, asleep, zone, awake):
    know(2, timezone="Asia/Omsk")
    know(3, timezone="Europe/Berlin")
    with store.reading() as session:
        page = deliveries.peek(session, ledger, None, 10, asleep, zone, until=3)
        found = deliveries.awake(session, [1, 2, 3], asleep, zone)
    assert [chat_id for chat_id, _ in page] == awake
    assert found == set(awake)


def test_awake_tells_of_those_alone_who_are_asked_for(store, ledger):
    with store.reading() as session:
        assert deliveries.awake(session, [2, 99], frozenset({"Asia/Omsk"}), "UTC") == {2}


@pytest.mark.parametrize(
    ("after", "rows", "end"),
    [(None, 1, 1), (None, 5, 5), (None, 6, None), (2, 1, 3), (2, 3, 5), (2, 4, None), (5, 1, None)],
)
def test_a_span_ends_so_many_lines_on(store, ledger, after, rows, end):
    with store.reading() as session:
        assert deliveries.span_end(session, ledger, after, rows) == end


def test_a_page_ends_at_its_span(store, ledger):
    with store.reading() as session:
        page = deliveries.peek(session, ledger, 1, 10, until=3)
    assert [chat_id for chat_id, _ in page] == [2, 3]
