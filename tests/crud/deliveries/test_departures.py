"""What left for groups in the last minute."""

from datetime import timedelta

from appliance.crud.deliveries import departures
from appliance.crud.messages import messages
from appliance.models import Broadcast, Delivery, DeliveryState, utcnow
from support.people import add_chats

NOW = utcnow()
WALL = int(NOW.timestamp())


def test_departures_come_from_ledger_and_outbox_oldest_first(store):
    with store.writing() as session:
        add_chats(session, -7, 7)
        for started, finished in ((None, None), (NOW, None), (NOW, NOW - timedelta(minutes=5))):
            session.add(Broadcast(text="x", audience={}, started_at=started, finished_at=finished))
        session.flush()
        waits, runs, over = (row.id for row in session.query(Broadcast).order_by(Broadcast.id))
        for number, group, attempts, ago in (
            (runs, -7, 1, 5),
            (runs, -8, 1, 100),  # too long ago
            (runs, -9, 0, 1),  # frozen, not tried
            (runs, 7, 1, 1),  # a person
            (waits, -7, 1, 1),
            (over, -7, 1, 1),
        ):
            session.add(
                Delivery(
                    broadcast_id=number,
                    chat_id=group,
                    state=DeliveryState.SENT,
                    attempts=attempts,
                    updated_at=WALL - ago,
                )
            )
        for chat_id, ago in ((-7, 30), (-7, 90), (7, 1)):
            row = messages.queue(session, chat_id, "sendMessage", {})
            row.finished_at = NOW - timedelta(seconds=ago)
    with store.reading() as session:
        assert departures.to_groups(session, WALL - 61) == {-7: [WALL - 30, WALL - 5]}
