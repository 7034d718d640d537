"""One at a time, in the order they asked."""

import threading
from collections.abc import Callable

import pytest

from appliance.write_queue import FairLock


def wait_until(true: Callable[[], bool]) -> None:
    deadline, pause = 400, threading.Event()
    while not true():
        deadline -= 1
        assert deadline, "it never became true"
        pause.wait(0.01)


def waiting(turns: FairLock) -> int:
    return len(turns._waiting)


def test_who_asked_first_is_first() -> None:
    turns, order = FairLock(10), []

    def go(number: int) -> None:
        with turns:
            order.append(number)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(6)]
    with turns:
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(lambda wanted=number + 1: waiting(turns) == wanted)
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == list(range(6))


def test_never_two_at_once() -> None:
    turns, inside, most = FairLock(10), [0], [0]

    def go() -> None:
        for _ in range(200):
            with turns:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == [1]


def test_a_turn_inside_one_s_own_is_the_same_turn() -> None:
    turns = FairLock(10)
    entered = threading.Event()
    with turns:
        with turns:
            pass
        other = threading.Thread(target=lambda: turns.__enter__() or entered.set())
        other.start()
        wait_until(lambda: waiting(turns) == 1)
        assert not entered.is_set(), "the inner end did not give it away"
    other.join(10)
    assert entered.is_set()


def test_an_error_passes_it_on() -> None:
    turns = FairLock(0.01)
    with pytest.raises(ValueError), turns:
        raise ValueError
    assert turns._wait(), "it is free"


def test_whoever_loses_patience_goes_on_and_takes_nothing_from_anybody() -> None:
    turns, went_on = FairLock(0.01), threading.Event()

    def impatient() -> None:
        with turns:
            went_on.set()

    with turns:
        thread = threading.Thread(target=impatient)
        thread.start()
        thread.join(10)
        assert went_on.is_set()
        assert waiting(turns) == 0
        assert not turns._wait(), "it is still ours"
    assert turns._wait()
