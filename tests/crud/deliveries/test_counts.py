"""The counters are the ledger's, and one broadcast's are no other's."""

from appliance.crud import broadcasts, deliveries
from appliance.crud.deliveries import DeliveryOutcome
from appliance.models import DeliveryState

PENDING = DeliveryState.PENDING
FAILED = DeliveryState.FAILED
NOW = 1_800_000_000


def test_recounting_mends_what_is_wrong(store, take, record, states, ledger):
    take(1, 2)
    record(DeliveryOutcome(1, FAILED, "blocked"), DeliveryOutcome(2, PENDING, "server_error"))
    with store.writing() as session:
        broadcast = broadcasts.get(session, ledger)
        broadcast.pending, broadcast.sent, broadcast.reasons = 77, 3, {"x": 1}
    with store.writing() as session:
        deliveries.recount(session, ledger)
    assert states(ledger) == {"pending": [2, 3, 4, 5], "failed": [1]}


def test_broadcasts_do_not_touch_each_other(store, ledger, announce, freeze, take, states):
    other = announce()
    freeze(other)
    take(1, 2)
    with store.writing() as session:
        deliveries.recover(session, other, NOW)
        deliveries.skip_pending(session, other, NOW, None, 3)
    assert states(ledger) == {"pending": [3, 4, 5], "sending": [1, 2]}
    assert states(other) == {"skipped": [1, 2, 3], "pending": [4, 5]}


def test_a_survey_goes_by_parts(store, ledger, take, record):
    take(1, 2, 4)
    record(DeliveryOutcome(2, DeliveryState.SENT, message_id=9))
    with store.reading() as session:
        first = deliveries.survey(session, ledger, None, 3)
        rest = deliveries.survey(session, ledger, first.last, 3)
        end = deliveries.survey(session, ledger, rest.last, 3)
    assert (first.last, first.in_flight, first.newest) == (3, [1], NOW + 2)
    assert (rest.last, rest.in_flight, rest.newest) == (5, [4], 0)
    assert end.last is None
