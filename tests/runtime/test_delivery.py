"""An engine for as long as a block runs, as `broadcast --wait` needs it."""

import pytest

from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats
from appliance.runtime import delivering
from appliance.runtime.delivery import Delivery
from appliance.services import broadcasts as service
from appliance.services.broadcasts import NewBroadcast
from appliance.services.leases import Holding


@pytest.fixture
def queued(database):
    with database.writing() as session:
        chats.remember(session, 1)
        return service.create(session, NewBroadcast("hello", to=("all",)))[0].id


def status(database, number):
    with database.reading() as session:
        return broadcasts.get(session, number).status


@pytest.mark.slow
def test_what_is_queued_leaves(with_simulator, database, queued, parts, wait_until):
    with delivering(with_simulator, database):
        wait_until(lambda: status(database, queued) == "done", 20)
        assert parts()["delivery"]["holder"]
    assert parts()["delivery"]["state"] == "stopped"


@pytest.mark.slow
def test_while_another_sends_it_stands_by_and_takes_over(
    with_simulator, database, queued, parts, wait_until
):
    other = Holding(database, "delivery", holder="other 1[2] 3 4")
    assert other.acquire()
    with delivering(with_simulator, database):
        assert status(database, queued) == "scheduled"
        assert parts()["delivery"]["holder"] == other.holder

        other.release()  # it died, or was stopped

        wait_until(lambda: status(database, queued) == "done", 20)


@pytest.mark.slow
def test_without_serve_it_brings_its_own_simulator(settings, database, queued, wait_until):
    with delivering(settings, database):
        wait_until(lambda: status(database, queued) == "done", 20)
    assert (settings.data / "sandbox.jsonl").exists()


def test_waking_nobody_is_no_mistake(settings, database):
    Delivery(lambda: settings, database).wake()
