"""Which calls a fault strikes, and how often."""

import pytest

from appliance.sandbox.world.faults import Faults


def struck(faults: Faults, method: str = "sendMessage", chat_id: int | None = 5) -> str | None:
    fault = faults.strike(method, chat_id)[1]
    return fault.kind if fault else None


def test_a_count_runs_out():
    faults = Faults()
    faults.add("500", count=2)
    assert [struck(faults) for _ in range(3)] == ["500", "500", None]
    assert faults.all() == []


def test_without_a_count_it_stays():
    faults = Faults()
    fault = faults.add("500")
    assert [struck(faults) for _ in range(3)] == ["500"] * 3
    assert faults.remove(fault.id) and not faults.remove(fault.id)
    assert struck(faults) is None


def test_a_method_and_a_chat():
    faults = Faults()
    faults.add("403", method="sendmessage", chat_id=5)
    assert struck(faults) == "403"
    assert struck(faults, chat_id=6) is None
    assert struck(faults, method="sendPhoto") is None


@pytest.mark.parametrize(("method", "kind"), [(None, None), ("*", "401"), ("getUpdates", "401")])
def test_polling_is_struck_only_when_named(method, kind):
    faults = Faults()
    faults.add("401", method=method)
    assert struck(faults, method="getUpdates") == kind


def test_latencies_add_up_and_another_fault_follows():
    faults = Faults()
    faults.add("latency", seconds=0.5, count=1)
    faults.add("latency", count=1)
    faults.add("close_after", count=1)
    delay, fault = faults.strike("sendMessage", 5)
    assert delay == 1.5
    assert fault and fault.kind == "close_after" and fault.error() is None
    assert faults.strike("sendMessage", 5) == (0, None)


def test_a_probability_strikes_now_and_then():
    faults = Faults()
    faults.add("429", probability=0.25)
    times = sum(struck(faults) is not None for _ in range(1000))
    assert 180 < times < 320


def test_own_words():
    faults = Faults()
    error = faults.add("403", description="Forbidden: user is deactivated").error()
    assert error and error.description == "Forbidden: user is deactivated"
