"""An engine under the test's own hand, against the real simulator; a client and a raw server."""

import time
from collections import Counter
from functools import partial

import pytest

from appliance import config
from appliance.crud.broadcasts import operations
from appliance.delivery.client import Client
from appliance.delivery.coordinator import Coordinator
from appliance.delivery.engine import Engine
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.jobs import Moment
from appliance.delivery.pacer import ChatPacer
from appliance.models import Broadcast, DeliveryState
from appliance.services.broadcasts import NewBroadcast, changes, create
from appliance.services.leases import DELIVERY, Holding
from support.people import add_chats
from support.raw_server import RawServer
from support.stored import find_row


@pytest.fixture
def people(ask, database):
    """`people(5)`: simulated people who pressed Start and whom the database knows."""

    def make(count):
        made = ask("people", {"count": count, "start": True, "seed": 1})["people"]
        ids = sorted(person["id"] for person in made)
        with database.writing() as session:
            add_chats(session, *ids)
        return ids

    return make


@pytest.fixture
def client(sandbox):
    client = Client(sandbox.url, config.SANDBOX_TOKEN, timeout=5)
    yield client
    client.close()


@pytest.fixture
def connect():
    """`connect(url, timeout=5)`: a client that is closed afterwards."""
    opened = []

    def connect(url, **options):
        opened.append(Client(url, config.SANDBOX_TOKEN, **options))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


@pytest.fixture
def serve(connect):
    """`serve(react)`: a server that does so with each request, and its client."""
    opened = []

    def serve(react, timeout=5, ca=None):
        opened.append(RawServer(react))
        return opened[-1], connect(opened[-1].url, timeout=timeout, ca=ca)

    yield serve
    for server in opened:
        server.close()


@pytest.fixture
def lease(database):
    holding = Holding(database, DELIVERY)
    assert holding.acquire()
    return holding


@pytest.fixture
def coordinator(database, lease, settings):
    config = EngineConfig(media=settings.data / "media")
    return Coordinator(database, lease, ChatPacer(), config)


@pytest.fixture
def settle(coordinator):
    """`settle(results, wanted=3)`: one transaction of the engine; the jobs it claimed."""

    def settle(results=(), wanted=100, flood_seconds=None):
        now = Moment(time.time(), time.monotonic())
        return coordinator.settle(list(results), wanted, flood_seconds, "sending", now)

    return settle


@pytest.fixture
def start_engine(database, client, lease, settings):
    """`start_engine(40)`: an engine of that rate, recovered; only the test's steps make it run."""

    def start_engine(rate):
        config = EngineConfig(media=settings.data / "media")
        engine = Engine(database, client, lease, rate=rate, config=config)
        engine.recover()
        return engine

    return start_engine


@pytest.fixture
def engine(start_engine):
    return start_engine(1000)


@pytest.fixture
def queue(database):
    """`queue("text")` is the id of a broadcast to everybody."""

    def queue(text="hello", format="plain", to=("all",)):
        with database.writing() as session:
            return create(session, NewBroadcast(text, format, to=to))[0].id

    return queue


@pytest.fixture
def shown(database):
    """`shown(7)`: the broadcast as it is now."""
    return partial(find_row, database, Broadcast)


@pytest.fixture
def step_until(wait_until):
    """`step_until(engine, lambda: …)`: step it until something is true."""

    def step_until(engine, done, timeout=15):
        def stepped():
            engine.step()
            return bool(done())

        wait_until(stepped, timeout)

    return step_until


@pytest.fixture
def run_until(engine, step_until):
    """`step_until` for the engine that is as fast as it may be."""
    return partial(step_until, engine)


@pytest.fixture
def received():
    """`received(ask)`: how many messages each chat got, by the simulator's own record."""

    def received(ask):
        record = []
        after = 0
        while page := ask(f"record?after={after}&limit=1000")["record"]:
            record += page
            after = page[-1]["seq"]
        return Counter(entry["chat_id"] for entry in record)

    return received


@pytest.fixture
def counts():
    """`counts(broadcast)`: its counters, by the word of the state."""
    return lambda broadcast: {s.word: getattr(broadcast, s.word) for s in DeliveryState}


@pytest.fixture
def last(database):
    """`last(7)`: the newest operation of a broadcast."""

    def last(number):
        with database.reading() as session:
            return operations.list_for(session, number)[-1]

    return last


@pytest.fixture
def decide(database):
    """`decide("edit", 7)`: everybody's message is to say “seven”, or to be deleted."""

    def decide(kind, number, text="seven", format="plain"):
        if kind == "edit":
            changes.edit(database.writing, number, "test", text=text, format=format)
        else:
            changes.recall(database.writing, number, "test")

    return decide
