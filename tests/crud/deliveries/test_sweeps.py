"""Many recipients moved at once, and the counters with them."""

from appliance.crud import deliveries
from appliance.crud.deliveries import DeliveryOutcome
from appliance.models import DeliveryState

SENT = DeliveryState.SENT
FAILED = DeliveryState.FAILED
UNKNOWN = DeliveryState.UNKNOWN
NOW = 1_800_000_000


def test_recovery_touches_only_what_was_being_sent(store, take, record, states, ledger):
    take(1, 2)
    record(DeliveryOutcome(1, SENT))
    with store.writing() as session:
        assert deliveries.recover(session, ledger, [1, 2], NOW) == 1
        assert deliveries.recover(session, ledger, [1, 2], NOW) == 0
    assert states(ledger) == {"pending": [3, 4, 5], "sent": [1], "unknown": [2]}
    with store.reading() as session:
        (row,) = deliveries.list_page(session, ledger, UNKNOWN, 10)
    assert row.reason == "interrupted"


def test_skipping_goes_by_chunks_to_the_end(store, take, states, ledger):
    take(2)
    parts, after = [], None
    for _ in range(4):
        with store.writing() as session:
            parts.append(deliveries.skip_pending(session, ledger, NOW, after, 2))
        after = parts[-1][0]
        states(ledger)
    assert parts == [(2, 1), (4, 2), (5, 1), (None, 0)]
    assert states(ledger) == {"skipped": [1, 3, 4, 5], "sending": [2]}


def test_who_was_put_back_into_a_cancelled_one_is_skipped(store, take, states, ledger):
    take(2)
    with store.writing() as session:
        assert deliveries.skip(session, ledger, [1, 2, 3], NOW) == 2
    assert states(ledger) == {"pending": [4, 5], "sending": [2], "skipped": [1, 3]}
    with store.reading() as session:
        (row, _) = deliveries.list_page(session, ledger, DeliveryState.SKIPPED, 10)
    assert row.reason == "cancelled"


def test_a_retry_goes_by_parts_and_the_reasons_go_with_it(store, take, record, states, ledger):
    take(1, 2, 4)
    record(
        DeliveryOutcome(1, FAILED, "blocked"),
        DeliveryOutcome(2, FAILED),
        DeliveryOutcome(4, FAILED, "blocked"),
    )
    with store.writing() as session:
        assert deliveries.requeue(session, ledger, FAILED, NOW, None, 3) == (3, 2)
    assert states(ledger) == {"pending": [1, 2, 3, 5], "failed": [4]}
    with store.writing() as session:
        assert deliveries.requeue(session, ledger, FAILED, NOW, 3, 3) == (5, 1)
        assert deliveries.requeue(session, ledger, FAILED, NOW, None, 3) == (None, 0)
        assert deliveries.requeue(session, ledger, UNKNOWN, NOW, None, 3) == (None, 0)
    assert states(ledger) == {"pending": [1, 2, 3, 4, 5]}
