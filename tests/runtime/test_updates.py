"""The updates part: it learns who the bot is, and listens until it is told to stop."""

import dataclasses
import socket
import threading

import pytest

from appliance.bot.telegram import get_updates, make_bot, webhook_info
from appliance.crud import leases
from appliance.crud import updates as crud_updates
from appliance.crud.settings import BOT, get_setting, put_setting
from appliance.models import Chat, utcnow
from appliance.runtime import updates
from appliance.runtime.updates import UpdatesPart
from appliance.services.leases import Holding, LeaseLost
from appliance.services.updates import receive, webhook_url
from support.stored import find_row

pytestmark = pytest.mark.slow


@pytest.fixture
def run(with_simulator, database):
    """`run()` starts it in a thread: (stop, thread); ended at the end."""
    started = []

    def run(**change):
        settings = dataclasses.replace(with_simulator, **change)
        holding = Holding(database, "updates")
        assert holding.acquire()
        part = UpdatesPart(
            lambda: settings, database, lambda: None, by_webhook=settings.bot_mode == "webhook"
        )
        stop = threading.Event()
        thread = threading.Thread(target=part.run, args=(holding, stop))
        thread.start()
        started.append((stop, thread))
        return stop, thread

    yield run
    for stop, thread in started:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


def test_who_writes_becomes_known(run, ask, database, wait_until):
    run()
    (person,) = ask("people", {"count": 1, "start": True})["people"]

    assert wait_until(lambda: find_row(database, Chat, person["id"]), 15).status == "active"
    with database.reading() as session:
        assert get_setting(session, BOT)["id"] == 100001


def test_a_wrong_token_is_shown_and_it_can_be_stopped(run, parts, wait_until):
    stop, thread = run(bot_token="100001:SANDBOX-but-another-one-than-the-simulators")
    wait_until(lambda: parts()["updates"]["state"].startswith("bad token: "), 10)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_a_bot_api_that_comes_late_is_waited_for(run, ask, parts, wait_until, database):
    ask("faults", {"kind": "502", "method": "getMe", "count": 1})
    run()
    wait_until(lambda: parts()["updates"]["state"] == "Telegram answers 502", 10)

    def introduced():
        with database.reading() as session:
            return get_setting(session, BOT)

    assert wait_until(introduced, 15)["id"] == 100001


def test_the_lease_is_kept_while_the_bot_api_does_not_answer(run, database, wait_until):
    """One question may take longer than a lease lasts."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stop, thread = run(bot_api_url=f"http://127.0.0.1:{silent.getsockname()[1]}")

        def kept_until():
            with database.reading() as session:
                lease = leases.get_lease(session, "updates")
                return lease.expires_at, lease.state

        first, _ = kept_until()
        wait_until(lambda: kept_until()[0] > first, 8)
        assert kept_until()[1] == "starting"
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def test_ids_that_another_bot_used_are_not_known(
    run, ask, with_simulator, database, parts, wait_until
):
    (person,) = ask("people", {"count": 1, "start": True})["people"]
    bot = make_bot(str(with_simulator.bot_token), with_simulator.api_url)
    used = get_updates(bot, None, 0)
    with database.writing() as session:
        put_setting(session, BOT, {"id": 7, "username": "former_bot", "name": "Former"})
        for update in used:
            receive(session, {"update_id": update["update_id"]}, utcnow())
        crud_updates.mark_handled(
            session, [row.seq for row in crud_updates.take(session, 100)], utcnow()
        )
    run()

    assert wait_until(lambda: find_row(database, Chat, person["id"]), 15).status == "active"


def test_by_webhook_it_is_set_and_the_table_is_watched(run, with_simulator, database, wait_until):
    run(bot_mode="webhook")
    bot = make_bot(str(with_simulator.bot_token), with_simulator.api_url)
    wait_until(lambda: webhook_info(bot).url == webhook_url(with_simulator), 10)
    start = {"text": "/start", "chat": {"id": 7, "type": "private", "first_name": "Anna"}}
    person = {"id": 7, "is_bot": False, "first_name": "Anna"}
    message = {"message_id": 1, "date": 1, "from": person, **start}
    with database.writing() as session:
        receive(session, {"update_id": 1, "message": message}, utcnow())

    assert wait_until(lambda: find_row(database, Chat, 7), 10).status == "active"


def test_without_its_lease_it_ends(with_simulator, database):
    part = UpdatesPart(lambda: with_simulator, database, lambda: None, by_webhook=False)
    Holding(database, "updates", holder="other 1[2] 3 4").acquire()
    with pytest.raises(LeaseLost):
        part.run(Holding(database, "updates"), threading.Event())
    assert updates.UPDATES_BEAT_SECONDS < 12
