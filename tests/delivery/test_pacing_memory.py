"""What an engine knows of the one before it."""

import time

import pytest

from appliance.crud import settings
from appliance.crud.messages import messages
from appliance.delivery import pacing_memory
from appliance.delivery.jobs import Moment
from appliance.delivery.pacer import ChatPacer
from appliance.models import DeliveryState, utcnow
from support.people import add_chats


def test_a_groups_minute_goes_on(database):
    """Twenty left before the restart: the group is full until its minute is over."""
    now = Moment(time.time(), time.monotonic())
    with database.writing() as session:
        add_chats(session, -7, -8)
        for group, count in ((-7, 20), (-8, 19)):
            for _ in range(count):
                row = messages.queue(session, group, "sendMessage", {})
                row.state, row.finished_at = DeliveryState.SENT, utcnow()
    chat_pacer = ChatPacer()
    with database.reading() as session:
        pacing_memory.restore(session, chat_pacer, now)

    assert chat_pacer.ready_at(-7) - now.mono == pytest.approx(61, abs=5)
    assert chat_pacer.ready_at(-8) == 0.0


def test_a_chats_pause_goes_on(database):
    now = Moment(time.time(), time.monotonic())
    with database.writing() as session:
        settings.pause_chat(session, 5, 60, utcnow())
    chat_pacer = ChatPacer()
    with database.reading() as session:
        pacing_memory.restore(session, chat_pacer, now)

    assert chat_pacer.ready_at(5) - now.mono == pytest.approx(60, abs=5)
