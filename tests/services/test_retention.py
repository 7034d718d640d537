"""How long things are kept."""

from datetime import timedelta

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts
from appliance.models import Broadcast, BroadcastStatus, Delivery, utcnow
from appliance.services import retention

OLD = utcnow() - timedelta(days=500)
LINES = retention.ROWS_PER_PART + 5


def test_a_long_ledger_goes_in_parts_and_its_counts_stay(database):
    with database.writing() as session:
        row = Broadcast(
            text="x", audience={}, status=BroadcastStatus.DONE, finished_at=OLD, sent=LINES
        )
        session.add(row)
        session.flush()
        number = row.id
        session.add_all(
            Delivery(broadcast_id=number, chat_id=chat, updated_at=0) for chat in range(LINES)
        )

    parts = list(retention.prune_parts(database.writing, OLD + timedelta(days=1)))

    assert parts == [("deliveries", retention.ROWS_PER_PART), ("deliveries", 5)]
    with database.reading() as session:
        assert next(iter(deliveries.iterate(session, number)), None) is None
        assert broadcasts.get(session, number).sent == LINES


def test_nothing_old_is_nothing_gone(database):
    assert retention.prune(database.writing, OLD) == {
        "deliveries": 0,
        "events": 0,
        "updates": 0,
        "messages": 0,
    }
