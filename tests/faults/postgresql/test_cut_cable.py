"""An engine whose cable to PostgreSQL is cut, in a network of its own."""

from subprocess import CalledProcessError

import pytest
from sqlalchemy import make_url

from appliance.config import SANDBOX_TOKEN, Settings
from appliance.services import schema
from support.network import Island
from support.nodes import PEOPLE, RATE, TAKEOVER_SECONDS, check_nobody_twice

pytestmark = pytest.mark.slow


@pytest.fixture
def island():
    try:
        island = Island()
    except (OSError, CalledProcessError):
        pytest.skip("no network namespaces here: they take root, and the program ip")
    yield island
    island.close()


@pytest.fixture
def address(start_postgresql, island, settings):
    """Of a server that listens at the other end of the cable, too."""
    server = start_postgresql()
    server.stop()
    server.start(listen=island.cuttable)
    url = server.new_database()
    schema.upgrade(Settings(settings.home, settings.secret_key, url))
    yield url
    server.close()


def test_one_whose_cable_is_cut_is_taken_over_and_sends_nothing_more(
    island, world, address, processes, node, wait_until, database
):
    """Silently: the database hears nothing of it, and neither does who sends."""
    ids = world.remember_many(PEOPLE)
    number = world.queue()
    far = make_url(address).set(host=island.cuttable, query={}).render_as_string()
    there = {"BOT_MODE": "polling", "BOT_TOKEN": SANDBOX_TOKEN, "DATABASE_URL": far}
    first = node("first", host=island.lasting, before=island.before, **there)
    wait_until(lambda: len(first.chats) >= RATE, 60, processes.words)
    second = node("second")
    wait_until(second.is_connected, 30, processes.words)

    island.cut()
    wait_until(lambda: second.chats, TAKEOVER_SECONDS, processes.words)
    sent, has_sent = len(first.chats), len(second.chats)
    island.heal()
    wait_until(lambda: "stands by" in processes.words(), 60, processes.words)
    wait_until(lambda: len(second.chats) >= has_sent + RATE, 30, processes.words)
    assert len(first.chats) == sent
    check_nobody_twice(database, number, ids, first, second)
