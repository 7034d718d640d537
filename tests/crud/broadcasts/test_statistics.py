"""Sums over the ledger."""

from appliance.crud import deliveries
from appliance.crud.broadcasts import statistics
from appliance.crud.chats import topics
from appliance.crud.deliveries import DeliveryOutcome
from appliance.models import Delivery, DeliveryState

NOW = 1_800_000_000


def test_outcomes_by_time_state_and_reason(store, announce):
    number, other = announce(), announce()
    with store.writing() as session:
        for broadcast_id in (number, other):
            session.add_all(
                Delivery(broadcast_id=broadcast_id, chat_id=chat, updated_at=NOW)
                for chat in range(1, 8)
            )
        session.flush()
        deliveries.take(session, number, [1, 2, 3, 4, 5], NOW)
        failed = DeliveryState.FAILED
        deliveries.record(session, number, [DeliveryOutcome(1, DeliveryState.SENT)], NOW + 9)
        deliveries.record(session, number, [DeliveryOutcome(2, DeliveryState.SENT)], NOW + 10)
        deliveries.record(session, number, [DeliveryOutcome(3, failed, "blocked")], NOW + 19)
        deliveries.record(session, number, [DeliveryOutcome(4, failed, "blocked")], NOW + 10)
        found = list(statistics.outcomes(session, number, NOW, 10))
    assert sorted(found, key=str) == [
        (0, DeliveryState.SENT, None, 1),
        (1, DeliveryState.FAILED, "blocked", 2),
        (1, DeliveryState.SENT, None, 1),
    ]


def test_who_left_because_of_it(store, announce, know):
    number = announce()
    know(1, 2, 3)
    with store.writing() as session:
        topic = topics.add(session, "news", "News")
        topics.choose(session, topic.id, 1, False, broadcast_id=number)
        topics.choose(session, topic.id, 2, False)
        topics.choose(session, topic.id, 3, False, broadcast_id=number)
        assert statistics.count_unsubscribed(session, number) == 2
        topics.choose(session, topic.id, 3, True)
        assert statistics.count_unsubscribed(session, number) == 1
