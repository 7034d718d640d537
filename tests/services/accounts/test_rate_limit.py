"""GCRA, with a clock of the test's own."""

import threading
from contextlib import suppress

import pytest

from appliance.errors import TooManyRequests
from appliance.services.accounts.rate_limit import MAX_KEYS, Limiter, Rate
from support.clock import Clock

RATE = Rate(burst=3, seconds=10)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limiter(clock):
    return Limiter(clock)


def taken(limiter, key="a", tries=1):
    count = 0
    for _ in range(tries):
        try:
            limiter.take(key, RATE)
            count += 1
        except TooManyRequests:
            pass
    return count


def test_a_burst_and_then_one_at_a_time(limiter, clock):
    assert taken(limiter, tries=10) == 3
    clock.now += 9.9
    assert taken(limiter) == 0
    clock.now += 0.1
    assert taken(limiter, tries=5) == 1
    clock.now += 1000
    assert taken(limiter, tries=10) == 3


def test_it_says_how_long_to_wait(limiter, clock):
    taken(limiter, tries=3)
    clock.now += 4
    with pytest.raises(TooManyRequests) as caught:
        limiter.take("a", RATE)
    assert caught.value.retry_after == pytest.approx(6)


def test_keys_do_not_share(limiter):
    assert taken(limiter, "a", 5) == taken(limiter, "b", 5) == 3


def test_a_success_forgives(limiter):
    taken(limiter, tries=3)
    limiter.forget("a")
    limiter.forget("never seen")
    assert taken(limiter, tries=5) == 3


def test_memory_is_bounded_and_the_busy_are_remembered(limiter, clock):
    taken(limiter, "busy", 3)
    for number in range(MAX_KEYS):
        taken(limiter, ("net", number))
    assert taken(limiter, "busy") == 0
    # Half of them goes at once: that they are sorted for it is rare.
    half = MAX_KEYS // 2
    assert [taken(limiter, ("net", number), 5) for number in (0, half, half + 1)] == [3, 3, 2]


class Watched:
    """A rate that is read slowly, and notes how many threads read it at once."""

    burst = 3

    def __init__(self):
        self._guard, self._never = threading.Lock(), threading.Event()
        self._inside = self.most = 0

    @property
    def seconds(self):
        with self._guard:
            self._inside += 1
            self.most = max(self.most, self._inside)
        self._never.wait(0.002)  # whoever is let in meanwhile is noticed
        with self._guard:
            self._inside -= 1
        return 10.0


def test_threads_share_one_count(limiter):
    rate, counts = Watched(), []

    def take():
        for _ in range(3):
            with suppress(TooManyRequests):
                limiter.take("a", rate)
                counts.append(1)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (rate.most, len(counts)) == (1, 3)
