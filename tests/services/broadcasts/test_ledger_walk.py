"""Skipping what waits in a cancelled broadcast, a part a transaction."""

from datetime import UTC, datetime

from appliance.crud import deliveries
from appliance.crud.broadcasts import audience as audience_crud
from appliance.crud.broadcasts import broadcasts as crud
from appliance.models import BroadcastStatus, DeliveryState
from appliance.services import broadcasts
from appliance.services.broadcasts import ledger_walk


class Counting:
    """Opens writing transactions and counts them."""

    def __init__(self, database):
        self._database, self.opened = database, 0

    def __call__(self):
        self.opened += 1
        return self._database.writing()


NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)


def test_all_that_waits_is_skipped(create, people, database, monkeypatch):
    number = create()[0].id
    with database.writing() as session:
        chosen = broadcasts.audience_of(crud.get(session, number))
        audience_crud.freeze(session, number, chosen, None, 100, 0)
        crud.add_frozen(session, number, 3, 3, NOW)
        deliveries.take(session, number, [2], 0)
        crud.change_status(session, number, crud.OPEN, BroadcastStatus.CANCELLED)
    monkeypatch.setattr(ledger_walk, "ROWS_PER_TRANSACTION", 1)
    for opened in (4, 1):  # a part a line, and the look that finds no more
        write = Counting(database)
        left = ledger_walk.skip_pending(write, number, NOW)
        assert (left.pending, left.skipped, left.sending) == (0, 2, 1)
        assert write.opened == opened
    with database.reading() as session:
        assert deliveries.states_of(session, number) == {
            DeliveryState.SKIPPED: 2,
            DeliveryState.SENDING: 1,
        }
        row = crud.get(session, number)
    assert (row.pending, row.skipped, row.reasons) == (0, 2, {"cancelled": 2})
