"""A proof works once, also for many at once, and is forgotten when its age refuses it anyway."""

import threading
from datetime import UTC, datetime, timedelta

from appliance.crud.accounts import proofs
from appliance.database import Database

NOW = datetime(2026, 9, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
ONE, OTHER = b"1" * 32, b"2" * 32


def use(database: Database, proof: bytes = ONE) -> bool:
    with database.writing() as session:
        return proofs.use(session, proof, LATER)


def test_once(database):
    assert [use(database), use(database), use(database, OTHER)] == [True, False, True]


def test_the_transaction_goes_on_after_a_second_time(database):
    use(database)
    with database.writing() as session:
        assert not proofs.use(session, ONE, LATER)
        assert proofs.use(session, OTHER, LATER)
    assert not use(database, OTHER)


def test_what_is_rolled_back_was_not_used(database):
    try:
        with database.writing() as session:
            proofs.use(session, ONE, LATER)
            raise LookupError
    except LookupError:
        pass
    assert use(database)


def test_forgetting(database):
    use(database)
    with database.writing() as session:
        assert proofs.forget(session, LATER) == 0
        assert proofs.forget(session, LATER + timedelta(seconds=1)) == 1
    assert use(database)


def test_of_many_at_once_one_wins(database):
    barrier, outcomes = threading.Barrier(6), []

    def post() -> None:
        barrier.wait()
        outcomes.append(use(database))

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 5 + [True]


def test_on_postgresql_too(postgresql_database):
    assert [use(postgresql_database), use(postgresql_database)] == [True, False]
    with postgresql_database.writing() as session:
        assert not proofs.use(session, ONE, LATER)
        assert proofs.use(session, OTHER, LATER)
