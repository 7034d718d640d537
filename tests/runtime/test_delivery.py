"""An engine for as long as a block runs, as `broadcast --wait` needs it."""

from contextlib import contextmanager
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


class Telegram:
    """Takes every message; `calls` are their parameters, as they came."""

    def __init__(self):
        self.calls = []

    def answer(self, parameters):
        self.calls.append(parameters)
        return 200, {"ok": True, "result": {"message_id": 1}}


@pytest.fixture
def telegram():
    return Telegram()


@pytest.fixture
def deliver(settings, database, telegram):
    """`with deliver(paid_broadcast=True):` a delivery part runs on `telegram`."""

    @contextmanager
    def run(**changes):
        with serving(telegram.answer) as url:
            told = {"bot_mode": "polling", "bot_token": config.SANDBOX_TOKEN, "bot_api_url": url}
            site = replace(settings, **told, **changes)
            part = Delivery(lambda: site, database).part()
            part.start()
            try:
                yield
            finally:
                part.ask_to_stop()
                part.join()

    return run


@pytest.mark.parametrize("switch", [True, False])
def test_broadcasts_are_paid_for_where_the_settings_say_so(
    switch, deliver, telegram, database, queued, wait_until
):
    with deliver(send_rate=100.0, paid_broadcast=switch):
        wait_until(lambda: status(database, queued) == "done", 20)
    paid = [call.get("allow_paid_broadcast", False) for call in telegram.calls]
    assert paid == [switch]


def test_no_more_leave_than_the_settings_say(deliver, telegram, database, wait_until):
    """At 100 s a message; the first is stored as sent when at a usual rate all would have left."""
    with database.writing() as session:
        for chat_id in (1, 2, 3):
            chats.remember(session, chat_id)
        number = create(session, NewBroadcast("hello", to=("all",)))[0].id
    with deliver(send_rate=0.01):
        wait_until(lambda: find_row(database, Broadcast, number).sent > 0, 20)
    assert len(telegram.calls) == 1
