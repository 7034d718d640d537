"""An engine by hand, and what it may be given to do."""

import pytest
from sqlalchemy import select, text

from appliance import config
from appliance.crud.broadcasts import broadcasts
from appliance.crud.messages import messages
from appliance.delivery import engine as engine_module
from appliance.delivery.engine import Engine, wall_and_monotonic
from appliance.delivery.engine_config import EngineConfig
from appliance.delivery.freezer import freeze
from appliance.models import DeliveryState, Message
from support.engine_by_hand import Clock, Hand, HandClient
from support.people import add_chats
from support.raw_server import answering


@pytest.fixture
def hand(database, lease, settings, serve, monkeypatch):
    """`hand(rate=30)`: an engine that has started and looked for work once."""
    opened = []

    def hand(rate, react=answering, before=None, **options):
        clock = Clock()
        monkeypatch.setattr(engine_module, "time", clock)
        server, _ = serve(react)
        client = HandClient(server.url, config.SANDBOX_TOKEN, **options)
        opened.append(client)
        place = EngineConfig(media=settings.data / "media")
        engine = Engine(database, client, lease, rate=rate, config=place)
        engine.recover()
        if before:
            before()
        engine.step()
        return Hand(engine, client, server, clock)

    yield hand
    for client in opened:
        client.close()


@pytest.fixture
def reply(database):
    """`reply(1, 2)`: an answer to each of these chats is queued."""

    def reply(*chat_ids):
        with database.writing() as session:
            add_chats(session, *chat_ids)
            for chat_id in chat_ids:
                messages.queue(session, chat_id, "sendMessage", {"text": "hi"}, text="hi")

    return reply


@pytest.fixture
def rows(database):
    """`rows("sending")`: how many answers are so."""

    def rows(word):
        with database.reading() as session:
            states = session.scalars(select(Message.state)).all()
        return sum(state == DeliveryState[word.upper()] for state in states)

    return rows


@pytest.fixture
def rename(database):
    """`rename("messages", "gone")`: with its table away, the database fails."""

    def rename(old, new):
        with database.writing() as session:
            session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    return rename


@pytest.fixture
def no_table(on_postgresql):
    """`no_table("messages")`: what the database says where it is not."""
    return ('relation "{}" does not exist' if on_postgresql else "no such table: {}").format


@pytest.fixture
def frozen(database, queue):
    """A broadcast to everybody, whose recipients are in the ledger."""

    def frozen():
        number = queue()
        with database.writing() as session:
            freeze(session, broadcasts.get(session, number), wall_and_monotonic())
        return number

    return frozen
