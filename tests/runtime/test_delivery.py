"""An engine for as long as a block runs, as `broadcast --wait` needs it."""

from dataclasses import replace

import pytest

from appliance import config
from appliance.crud.chats import chats
from appliance.models import Broadcast
from appliance.runtime import delivering
from appliance.runtime.delivery import Delivery
from appliance.services.broadcasts import NewBroadcast, create
from appliance.services.leases import Holding
from support.bot_api import serving
from support.stored import find_row


@pytest.fixture
def queued(database):
    with database.writing() as session:
        chats.remember(session, 1)
        return create(session, NewBroadcast("hello", to=("all",)))[0].id


def status(database, number):
    return find_row(database, Broadcast, number).status


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


@pytest.mark.parametrize("switch", [True, False])
def test_broadcasts_are_paid_for_where_the_settings_say_so(
    switch, settings, database, queued, wait_until
):
    calls = []

    def answer(parameters):
        calls.append(parameters)
        return 200, {"ok": True, "result": {"message_id": 1}}

    with serving(answer) as url:
        site = replace(
            settings,
            bot_mode="polling",
            bot_token=config.SANDBOX_TOKEN,
            bot_api_url=url,
            send_rate=100.0,
            paid_broadcast=switch,
        )
        part = Delivery(lambda: site, database).part()
        part.start()
        wait_until(lambda: status(database, queued) == "done", 20)
        part.ask_to_stop()
        part.join()

    assert [call.get("allow_paid_broadcast", False) for call in calls] == [switch]
