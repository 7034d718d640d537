"""A loop goes round until it is stopped, whatever its step does."""

import itertools
import threading

import pytest

from appliance.bot.loop import Loop

WAIT = 10


@pytest.fixture
def run():
    """Makes loops, and stops them at the end."""
    loops = []

    def make(step, **options):
        loop = Loop("test", step, **options)
        loops.append(loop)
        return loop

    yield make
    for loop in loops:
        loop.ask_to_stop()
        assert loop.join(WAIT)


def test_it_goes_round_and_stops(run):
    rounds = threading.Semaphore(0)

    def step():
        rounds.release()
        return 0.0

    loop = run(step)
    loop.start()
    assert all(rounds.acquire(timeout=WAIT) for _ in range(3))
    loop.ask_to_stop()
    loop.ask_to_stop()
    assert loop.join(WAIT)


def test_a_stop_ends_the_pause(run):
    paused = threading.Event()

    def step():
        paused.set()
        return 3600.0

    loop = run(step)
    loop.start()
    assert paused.wait(WAIT)
    loop.ask_to_stop()
    assert loop.join(WAIT)


def test_a_stop_before_the_start_counts(run):
    steps = []
    loop = run(lambda: steps.append(1) or 0.0)
    assert loop.join(0)
    loop.ask_to_stop()
    loop.start()
    assert loop.join(WAIT)
    assert steps == []


def test_waking_ends_the_pause(run):
    rounds = threading.Semaphore(0)

    def step():
        rounds.release()
        return 3600.0

    loop = run(step)
    loop.start()
    assert rounds.acquire(timeout=WAIT)
    loop.wake()
    assert rounds.acquire(timeout=WAIT)


def test_a_bug_in_the_step_does_not_end_it(run, caplog):
    again = threading.Event()
    left = [ZeroDivisionError("a secret word")]

    def step():
        if left:
            raise left.pop()
        again.set()
        return 3600.0

    loop = run(step)
    loop.start()
    loop.wake()
    assert again.wait(WAIT)
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


class TestHeartbeat:
    @pytest.fixture
    def beating(self, run, monkeypatch):
        """A loop whose time goes on by one whenever its heart beats."""
        monkeypatch.setattr("appliance.bot.loop.LOOP_BEAT_SECONDS", 0.01)
        ticks = itertools.count()
        return lambda step: run(step, clock=lambda: next(ticks))

    def test_each_round(self, beating, wait_until):
        loop = beating(lambda: 0.0)
        loop.start()
        assert wait_until(lambda: loop.alive_at > 3)

    def test_through_a_long_pause(self, beating, wait_until):
        rounds = []
        loop = beating(lambda: rounds.append(1) or 3600.0)
        loop.start()
        wait_until(lambda: loop.alive_at > 3)
        loop.wake()
        wait_until(lambda: len(rounds) == 2)
        now = loop.alive_at
        wait_until(lambda: loop.alive_at > now + 3)
        assert len(rounds) == 2, "one wake ends one pause"

    def test_not_while_a_step_hangs(self, beating, wait_until):
        hangs, end = threading.Event(), threading.Event()

        def step():
            hangs.set()
            end.wait(WAIT)
            return 0.001

        loop = beating(step)
        loop.start()
        assert hangs.wait(WAIT)
        assert (loop.alive_at, loop.join(0)) == (0, False)
        end.set()
        wait_until(lambda: loop.alive_at > 0)
