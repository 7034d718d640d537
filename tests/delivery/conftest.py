"""An engine under the test's own hand, against the real simulator."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from appliance import config
from appliance.crud.broadcasts import broadcasts
from appliance.crud.chats import chats
from appliance.database import Database
from appliance.delivery.client import Client
from appliance.delivery.coordinator import Coordinator
from appliance.delivery.engine import Engine
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.jobs import Job, Moment
from appliance.delivery.pacer import ChatPacer
from appliance.models import Broadcast, DeliveryState
from appliance.sandbox.server import Sandbox
from appliance.services import broadcasts as service
from appliance.services.broadcasts import NewBroadcast
from appliance.services.leases import DELIVERY, Holding

Ask = Callable[..., Any]


@pytest.fixture
def people(ask: Ask, database: Database) -> Callable[..., list[int]]:
    """`people(5)`: simulated people who pressed Start and whom the database knows."""

    def make(count: int) -> list[int]:
        made = ask("people", {"count": count, "start": True, "seed": 1})["people"]
        ids = sorted(person["id"] for person in made)
        with database.writing() as session:
            for chat_id in ids:
                chats.remember(session, chat_id, first_name="P", activate=True)
        return ids

    return make


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client[Job]]:
    client: Client[Job] = Client(sandbox.url, config.SANDBOX_TOKEN, timeout=5)
    yield client
    client.close()


@pytest.fixture
def lease(database: Database) -> Holding:
    holding = Holding(database, DELIVERY)
    assert holding.acquire()
    return holding


@pytest.fixture
def coordinator(database, lease, settings) -> Coordinator:
    config = EngineConfig(media=settings.data / "media")
    return Coordinator(database, lease, ChatPacer(), config)


@pytest.fixture
def settle(coordinator) -> Callable[..., list[Job]]:
    """`settle(results, wanted=3)`: one transaction of the engine; the jobs it claimed."""

    def settle(results=(), wanted=100, flood_until=None):
        now = Moment(time.time(), time.monotonic())
        return coordinator.settle(list(results), wanted, flood_until, "sending", now)

    return settle


@pytest.fixture
def engine(database: Database, client: Client[Job], lease: Holding) -> Engine:
    """Recovered and ready; nothing runs but what the test steps."""
    engine = Engine(database, client, lease, rate=1000)
    engine.recover()
    return engine


@pytest.fixture
def queue(database: Database) -> Callable[..., int]:
    """`queue("text")` is the id of a broadcast to everybody."""

    def queue(text: str = "hello", format: str = "plain", to: tuple[str, ...] = ("all",)) -> int:
        with database.writing() as session:
            return service.create(session, NewBroadcast(text, format, to=to))[0].id

    return queue


@pytest.fixture
def shown(database: Database) -> Callable[[int], Broadcast]:
    def shown(broadcast_id: int) -> Broadcast:
        with database.reading() as session:
            return broadcasts.get(session, broadcast_id)

    return shown


@pytest.fixture
def run_until(engine: Engine, wait_until: Callable[..., Any]) -> Callable[..., None]:
    """Step the engine until something is true."""

    def run_until(done: Callable[[], object], timeout: float = 15) -> None:
        def stepped() -> bool:
            engine.step()
            return bool(done())

        wait_until(stepped, timeout)

    return run_until


@pytest.fixture
def received() -> Callable[[Ask], Counter[int]]:
    """`received(ask)`: how many messages each chat got, by the simulator's own record."""

    def received(ask: Ask) -> Counter[int]:
        record: list[dict[str, Any]] = []
        after = 0
        while page := ask(f"record?after={after}&limit=1000")["record"]:
            record += page
            after = page[-1]["seq"]
        return Counter(entry["chat_id"] for entry in record)

    return received


@pytest.fixture
def counts() -> Callable[[Broadcast], dict[str, int]]:
    """`counts(broadcast)`: its counters, by the word of the state."""
    return lambda broadcast: {s.word: getattr(broadcast, s.word) for s in DeliveryState}
