"""Who waits in a cancelled broadcast is skipped in the end, whoever does it."""

import pytest
from sqlalchemy import insert

from appliance.crud import deliveries
from appliance.crud.broadcasts import broadcasts
from appliance.database import ROWS_PER_TRANSACTION
from appliance.delivery.coordinator import Coordinator
from appliance.delivery.jobs import Moment
from appliance.delivery.pacer import ChatPacer
from appliance.delivery.sweeper import PATIENCE_SECONDS, Sweeper
from appliance.models import Broadcast, Delivery, DeliveryState, utcnow
from appliance.services.broadcasts import ledger_walk

PEOPLE = 2 * ROWS_PER_TRANSACTION + 1000


def moment(seconds):
    return Moment(1_790_000_000 + seconds, 1000 + seconds)


@pytest.fixture
def number(database):
    """A cancelled broadcast that nobody has swept: three parts of pending people."""
    counts = {"total": PEOPLE, "pending": PEOPLE}
    with database.writing() as session:
        audience = {"to": ["all"], "not": []}
        broadcast = Broadcast(text="x", status="cancelled", audience=audience, **counts)
        broadcasts.add(session, broadcast)
        line = {"broadcast_id": broadcast.id, "updated_at": 0}
        session.execute(insert(Delivery), [line | {"chat_id": i + 1} for i in range(PEOPLE)])
        return broadcast.id


@pytest.fixture
def turn(database, number):
    """What the ledger does with it in each transaction."""

    def turn(sweeper, seconds):
        now = moment(seconds)
        with database.writing() as session:
            row = broadcasts.get_fresh(session, number)
            sweeper.follow({number: row.pending} if row.pending else {}, now)
            due = sweeper.due(now)
            if due is not None:
                sweeper.step(session, due, now)
            return due

    return turn


def check(database, number, shown):
    """All are skipped, and counted once."""
    row = shown(number)
    assert (row.status, row.pending, row.skipped) == ("cancelled", 0, PEOPLE)
    assert row.reasons == {"cancelled": PEOPLE}
    with database.reading() as session:
        assert deliveries.states_of(session, number) == {DeliveryState.SKIPPED: PEOPLE}


def test_it_is_patient_and_then_goes_by_parts(turn, number, shown, database):
    sweeper = Sweeper()
    assert turn(sweeper, 0) is None
    assert turn(sweeper, PATIENCE_SECONDS - 0.1) is None

    left = [turn(sweeper, PATIENCE_SECONDS + i) and shown(number).pending for i in range(3)]

    assert left == [PEOPLE - ROWS_PER_TRANSACTION, 1000, 0]
    assert turn(sweeper, PATIENCE_SECONDS + 3) is None
    check(database, number, shown)


def test_it_keeps_away_while_whoever_cancelled_it_makes_progress(turn, number, shown, database):
    """At a million that takes longer than its patience."""
    sweeper = Sweeper()
    after, seconds = None, 0.0
    for _ in range(5):
        assert turn(sweeper, seconds) is None
        with database.writing() as session:
            after, _ = deliveries.skip_pending(session, number, 0, after, 700)
        seconds += PATIENCE_SECONDS
    turn(sweeper, seconds)  # there they died

    for _ in range(4):
        turn(sweeper, seconds + PATIENCE_SECONDS)

    check(database, number, shown)


def test_both_at_once_count_everybody_once(turn, number, shown, database):
    sweeper = Sweeper()
    turn(sweeper, 0)
    after = None
    for _ in range(4):
        with database.writing() as session:
            sweeper.step(session, number, moment(PATIENCE_SECONDS))
        with database.writing() as session:  # who cancelled it, in other parts
            after, _ = deliveries.skip_pending(session, number, 0, after, 700)

    check(database, number, shown)


def test_a_restart_begins_again(turn, number, shown, database):
    before, after = Sweeper(), Sweeper()
    turn(before, 0)
    turn(before, PATIENCE_SECONDS)

    turn(after, 10)
    for i in range(4):
        turn(after, 10 + PATIENCE_SECONDS + i)

    check(database, number, shown)


def test_who_was_put_back_behind_it_is_found_later(turn, number, shown, database):
    with database.writing() as session:
        deliveries.take(session, number, [1, 2], 0)
    sweeper = Sweeper()
    for seconds in (0, PATIENCE_SECONDS, PATIENCE_SECONDS):
        turn(sweeper, seconds)
    with database.writing() as session:
        deliveries.put_back(session, number, [1, 2], 0)
    for seconds in (
        PATIENCE_SECONDS,
        2 * PATIENCE_SECONDS,
        2 * PATIENCE_SECONDS,
    ):  # the end of the ledger
        turn(sweeper, seconds)
    assert shown(number).pending == 2
    assert turn(sweeper, 2 * PATIENCE_SECONDS + 1) is None

    turn(sweeper, 3 * PATIENCE_SECONDS)

    check(database, number, shown)


def test_a_transaction_of_the_ledger_does_one_part(number, shown, database, lease):
    coordinator = Coordinator(database, lease, ChatPacer())
    now = Moment(utcnow().timestamp(), 1000.0)
    coordinator.settle([], 0, None, "", now)
    coordinator.sweep(now)
    assert (shown(number).pending, coordinator.walking(now)) == (PEOPLE, False)

    later = Moment(now.wall + PATIENCE_SECONDS, now.mono + PATIENCE_SECONDS)
    assert coordinator.walking(later)
    coordinator.sweep(later)

    assert shown(number).pending == PEOPLE - ROWS_PER_TRANSACTION


@pytest.mark.slow
def test_the_engine_finishes_it_beside_who_cancelled_it(engine, number, shown, run_until, database):
    run_until(lambda: shown(number).pending < PEOPLE)
    ledger_walk.skip_pending(database.writing, number, utcnow())

    run_until(lambda: not shown(number).pending)

    check(database, number, shown)
