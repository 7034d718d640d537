"""Taking over on PostgreSQL, where a lease could change hands inside a transaction."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from appliance.crud import leases
from appliance.models import utcnow
from appliance.services.leases import DELIVERY, TTL, LeaseLost

pytestmark = pytest.mark.slow


@pytest.fixture
def take(database):
    """`take(seen)`: another process takes the lease over; the epoch, or None."""

    def take(seen):
        with database.writing() as session:
            return leases.acquire(session, DELIVERY, "somebody else", utcnow(), TTL, seen)

    return take


@pytest.fixture
def seen(database, lease):
    """The lease of the engine, as who stands by sees it."""

    def seen():
        with database.reading() as session:
            return leases.look(session, DELIVERY)[0]

    return seen


@pytest.fixture
def settle_slowly(settle, coordinator, monkeypatch):
    """`settle_slowly(do)`: a transaction in which that happens, after the look at the lease."""

    def settle_slowly(do):
        exchange = coordinator._exchange

        def slow(*given):
            do()
            return exchange(*given)

        with monkeypatch.context() as patched:
            patched.setattr(coordinator, "_exchange", slow)
            settle()

    yield settle_slowly
    coordinator._writer.close()


@pytest.mark.parametrize("beat", [True, False], ids=["with a sign of life", "without"])
def test_nobody_takes_over_inside_a_transaction(
    settle, settle_slowly, seen, take, elsewhere, wait_until, somebody_waits, beat
):
    if not beat:
        settle(wanted=0)
    taken = []

    def look_on():
        taken.append(elsewhere.submit(take, seen()))
        wait_until(somebody_waits)
        assert not taken[0].done()

    settle_slowly(look_on)

    # With one it gave a sign of life in there, so that whoever waited finds it alive.
    assert taken[0].result(10) == (None if beat else 2)
    with nullcontext() if beat else pytest.raises(LeaseLost):
        settle()


@pytest.mark.parametrize(("age", "ended"), [(0, True), (60, False)])
def test_a_holder_that_is_silent_amid_a_batch_is_ended(database, lease, age, ended):
    """There no timeout of the server counts."""
    outcome = pytest.raises(SQLAlchemyError) if ended else nullcontext()
    with outcome, database.writing() as frozen:
        lease.check(frozen)
        with database.writing() as session:
            leases.end_silent(session, timedelta(seconds=age))
        frozen.execute(text("SELECT 1"))
