"""One at a time; where that one hangs, the others are free."""

import threading

import pytest

from appliance.errors import TryLater
from appliance.gates import Gate


def test_who_finds_one_inside_that_hangs_is_refused():
    gate = Gate(0, "later")
    with gate:
        with pytest.raises(TryLater, match="later"):
            gate.__enter__()
        with pytest.raises(TryLater):
            gate.__enter__()
    with gate:
        pass


def test_an_error_inside_lets_the_next_one_in():
    gate = Gate(0, "later")
    with pytest.raises(ValueError), gate:
        raise ValueError
    with gate:
        pass


def test_those_who_are_quick_follow_each_other():
    gate, order = Gate(60, "later"), []

    def go():
        with gate:
            order.append("in")
            order.append("out")

    threads = [threading.Thread(target=go) for _ in range(5)]
    with gate:
        for thread in threads:
            thread.start()
        assert order == []
    for thread in threads:
        thread.join(10)
    assert order == ["in", "out"] * 5


def test_who_waits_is_refused_when_the_one_inside_is_late():
    gate, refused = Gate(0.01, "later"), []

    def go():
        try:
            gate.__enter__()
        except TryLater as error:
            refused.append(str(error))

    with gate:
        thread = threading.Thread(target=go)
        thread.start()
        thread.join(10)
        assert refused == ["later"]
