"""Many recipients moved at once, and the counters with them."""

from appliance.crud import deliveries
from appliance.crud.deliveries import DeliveryOutcome
from appliance.models import DeliveryState

SENT = DeliveryState.SENT
UNKNOWN = DeliveryState.UNKNOWN
NOW = 1_800_000_000


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
