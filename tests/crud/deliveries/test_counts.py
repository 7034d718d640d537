"""The counters are the ledger's, and one broadcast's are no other's."""

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats
from appliance.crud.deliveries import DeliveryOutcome, Left
from appliance.models import ChatStatus, DeliveryState

PENDING = DeliveryState.PENDING
FAILED = DeliveryState.FAILED
NOW = 1_800_000_000


def test_broadcasts_do_not_touch_each_other(store, ledger, announce, freeze, take, states):
    other = announce()
    freeze(other)
    take(1, 2)
    with store.writing() as session:
        deliveries.recover(session, other, [1, 2], NOW)
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
    assert (end.last, end.newest) == (None, 0)


def test_what_is_tallied_is_written_together_with_its_reasons(store, ledger, take):
    take(1, 2, 3)
    tally = deliveries.Tally(ledger)
    with store.writing() as session:
        for chat_id in (1, 2):
            failed = DeliveryOutcome(chat_id, FAILED, "blocked")
            deliveries.record(session, ledger, [failed], NOW, tally=tally)
        tally.write(session)
    with store.reading() as session:
        row = broadcasts.get(session, ledger)
        assert (row.failed, row.sending, row.reasons) == (2, 1, {"blocked": 2})


def test_who_left_is_counted_by_parts(store, ledger, take, record):
    take(1, 2, 3, 5)
    record(*(DeliveryOutcome(i, DeliveryState.SENT, message_id=9) for i in (1, 3, 5)))
    with store.writing() as session:
        for chat_id in (1, 2, 5):
            chats.set_status(session, chat_id, ChatStatus.BLOCKED)
    with store.reading() as session:
        first = deliveries.count_left(session, ledger, None, 3)
        rest = deliveries.count_left(session, ledger, first.last, 3)
        end = deliveries.count_left(session, ledger, rest.last, 3)
    assert [first, rest, end] == [Left(3, 2, 1), Left(5, 1, 1), Left(None, 0, 0)]


def test_what_is_counted_is_of_one_broadcast(store, ledger, announce, freeze, take, record):
    other = announce()
    freeze(other)
    take(1, 2, 3)
    record(*(DeliveryOutcome(i, DeliveryState.SENT, message_id=9) for i in (1, 2)))
    with store.reading() as session:
        assert list(deliveries.chats_in(session, ledger, {PENDING})) == [4, 5]
        assert list(deliveries.chats_in(session, other, {PENDING})) == [1, 2, 3, 4, 5]
        before = [
            deliveries.count_sent_before(session, number, at)
            for number, at in ((ledger, NOW + 2), (ledger, NOW + 3), (other, NOW + 3))
        ]
    assert before == [0, 2, 0]
