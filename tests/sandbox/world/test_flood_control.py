"""Telegram's limits, by a clock of the test's own; and over HTTP, by the real one."""

import pytest

from appliance.errors import Invalid
from appliance.sandbox.protocol.errors import ApiError
from appliance.sandbox.world.flood_control import Flood, Limits
from support.clock import Clock

LOOSE = Limits(chat_per_second=0, group_per_minute=0)


@pytest.fixture
def clock():
    return Clock()


def refused(flood: Flood, chat_id: int = 1, messages: int = 1, *, group: bool = False) -> int:
    """How long a refused call has to wait."""
    with pytest.raises(ApiError) as caught:
        flood.admit(chat_id, messages, group=group)
    assert caught.value.code == 429 and caught.value.parameters
    wait: int = caught.value.parameters["retry_after"]
    assert caught.value.description == f"Too Many Requests: retry after {wait}"
    return wait


def test_without_limits_all_is_taken(clock):
    flood = Flood(clock=clock)
    for _ in range(10_000):
        flood.admit(1)
    assert flood.as_dict() == {"enabled": False, "refused": 0, "waits": {}}


def test_thirty_a_second_for_a_minute(clock):
    flood = Flood(LOOSE, clock)
    for number in range(30 * 60):
        clock.now = 1000 + number / 30 + 1e-6 * number
        flood.admit(number)
    assert flood.refused == 0


def test_the_second_slides(clock):
    """29 at the end of one second and 2 at the beginning of the next are 31 in a second."""
    flood = Flood(LOOSE, clock)
    flood.admit(0)
    clock.now += 0.9
    for number in range(29):
        flood.admit(number)
    clock.now += 0.2
    flood.admit(30)
    assert refused(flood, 31) == 30


def test_a_refusal_ends(clock):
    flood = Flood(LOOSE, clock)
    flood.admit(0, 30)
    assert refused(flood) == 30
    clock.now += 30
    flood.admit(1)
    assert flood.as_dict()["waits"] == {}


def test_who_goes_on_calling_sees_the_wait_count_down(clock):
    flood = Flood(LOOSE, clock)
    flood.admit(0, 30)
    assert [refused(flood) for _ in range(3)] == [30] * 3
    waits = []
    for _ in range(3):
        clock.now += 9.5
        waits.append(refused(flood))
    assert waits == [21, 11, 2]
    assert flood.refused == 6
    clock.now += 1.5
    flood.admit(1)


def test_one_chat_takes_a_burst_and_then_one_a_second(clock):
    flood = Flood(Limits(), clock)
    for _ in range(5):
        flood.admit(7)
    assert refused(flood, 7) == 1
    flood.admit(8)  # others need not wait
    clock.now += 1
    flood.admit(7)
    assert refused(flood, 7) == 1
    for _ in range(60):
        clock.now += 1.001
        flood.admit(7)


def test_who_waits_is_shown_until_the_wait_is_over(clock):
    """A chat by its id, beside the bot as a whole; also when nobody calls again."""
    flood = Flood(Limits(), clock)
    for _ in range(5):
        flood.admit(7)
    refused(flood, 7)
    assert flood.as_dict()["waits"] == {"7": 1}
    flood.admit(8, 25)
    refused(flood, 9)
    assert flood.as_dict()["waits"] == {"7": 1, "bot": 30}
    clock.now += 1
    assert flood.as_dict()["waits"] == {"bot": 29}
    clock.now += 29
    assert flood.as_dict()["waits"] == {}


def test_a_group_takes_twenty_a_minute(clock):
    flood = Flood(Limits(), clock)
    for _ in range(20):
        flood.admit(-5, group=True)
        clock.now += 1.5
    assert refused(flood, -5, group=True) == 30
    flood.admit(6)
    clock.now += 30
    flood.admit(-5, group=True)


def test_an_album_counts_its_messages(clock):
    flood = Flood(Limits(chat_per_second=0), clock)
    flood.admit(-5, 10, group=True)
    flood.admit(-5, 10, group=True)
    assert refused(flood, -5, group=True) == 60
    flood.admit(6, 10)
    assert refused(flood, 7) == 30


def test_other_limits_begin_anew(clock):
    flood = Flood(LOOSE, clock)
    flood.admit(0, 30)
    refused(flood)
    flood.set(Limits(per_second=1000, chat_per_second=0, group_per_minute=0))
    flood.admit(0, 1000)
    assert flood.as_dict()["per_second"] == 1000
    assert refused(flood) == 30


def test_limits_below_nothing():
    with pytest.raises(Invalid, match="flood"):
        Limits(per_second=-1)
