"""Where the Bot API is: one simulator a home, found by every process of it."""

import dataclasses
from urllib.request import urlopen

import pytest

from appliance.crud.settings import SANDBOX, get_setting
from appliance.runtime.simulator import Simulator

pytestmark = pytest.mark.slow


def test_none_where_none_is_needed(settings, database):
    for change in ({"bot_mode": "polling"}, {"bot_api_url": "http://127.0.0.1:1"}):
        told = dataclasses.replace(settings, **change)
        simulator = Simulator(told, database)
        assert simulator.locate() == told
        simulator.stop()


def test_one_is_started_and_told_to_others(settings, database):
    first, second = Simulator(settings, database), Simulator(settings, database)
    try:
        url = first.locate().bot_api_url
        assert first.locate().bot_api_url == second.locate().bot_api_url == url
        with urlopen(f"{url}/sandbox/people", timeout=5) as answer:
            assert answer.status == 200
        with database.reading() as session:
            assert get_setting(session, SANDBOX) == {"url": url}
        first.stop()
        assert second.locate().bot_api_url != url  # it takes the journal over
        with urlopen(f"{second.locate().bot_api_url}/sandbox/people", timeout=5) as answer:
            assert answer.status == 200
    finally:
        first.stop()
        second.stop()
        second.stop()
