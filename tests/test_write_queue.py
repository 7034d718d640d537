"""One at a time, in the order they asked."""

import threading

import pytest

from appliance.write_queue import FairLock


def waiting(turns: FairLock) -> int:
    return int(repr(turns).split()[-2])


def is_free(turns: FairLock) -> bool:
    with turns.if_free() as free:
        return free


def test_who_asked_first_is_first(wait_until):
    turns, order = FairLock(10), []

    def go(number: int):
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


def test_never_two_at_once():
    turns, inside, met = FairLock(10), [0], threading.Event()

    def go():
        for _ in range(3):
            with turns:
                inside[0] += 1
                if inside[0] > 1:
                    met.set()
                met.wait(0.01)  # so that another could come in beside us, if anything let it
                inside[0] -= 1

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not met.is_set()


def test_a_turn_inside_one_s_own_is_the_same_turn(wait_until):
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


def test_an_error_passes_it_on():
    turns = FairLock(0.01)
    with pytest.raises(ValueError), turns:
        raise ValueError
    assert is_free(turns)


def test_whoever_loses_patience_goes_on_and_takes_nothing_from_anybody():
    turns, went_on, waited = FairLock(0.01), threading.Event(), []

    def impatient():
        with turns:
            went_on.set()
            waited.append(turns.waited)
        waited.append(turns.waited)

    with turns:
        thread = threading.Thread(target=impatient)
        thread.start()
        thread.join(10)
        assert went_on.is_set()
        assert waiting(turns) == 0
        assert repr(turns) == "<FairLock taken, 0 waiting>"
    assert is_free(turns)
    assert waited[0] >= 0.01
    assert waited[1] == 0


def test_if_free_takes_a_turn_without_waiting_for_one():
    turns, others = FairLock(10), []

    def ask():
        thread = threading.Thread(target=lambda: others.append(is_free(turns)))
        thread.start()
        thread.join(10)

    with turns.if_free() as free:
        assert free
        ask()
        with turns.if_free() as again:
            assert again, "it is our own turn"
        ask()
    ask()
    assert others == [False, False, True]


def test_an_error_in_a_free_turn_passes_it_on():
    turns = FairLock(10)
    with pytest.raises(ValueError), turns.if_free():
        raise ValueError
    assert is_free(turns)
