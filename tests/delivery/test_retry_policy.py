"""What follows from a verdict: an outcome, another try, or silence for everybody."""

import pytest

from appliance.delivery.classify import Kind, Verdict
from appliance.delivery.jobs import Job, Moment
from appliance.delivery.outbox import Outbox
from appliance.delivery.pacer import Pacer
from appliance.delivery.retry_policy import (
    MAX_TRIES,
    PROXY_DOWN_FAILURES,
    PROXY_RETRY_SECONDS,
    SERVER_DOWN_FAILURES,
    TOKEN_PAUSE_SECONDS,
    RetryPolicy,
    backoff,
)

NOW = Moment(1_790_000_000.0, 1000.0)


@pytest.fixture
def pacer():
    return Pacer(30)


@pytest.fixture
def policy(pacer):
    return RetryPolicy(pacer)


def job(tries=0):
    return Job(Outbox(lambda now: frozenset()), 1, 5, "sendMessage", b"{}", tries)


@pytest.mark.parametrize("kind", [Kind.SENT, Kind.GONE, Kind.REFUSED, Kind.CONTENT, Kind.UNKNOWN])
def test_an_outcome_is_final(kind, policy, pacer):
    result = policy.act(job(), Verdict(kind), NOW)

    assert result.retry_at is None
    assert pacer.paused_until == 0.0


def test_a_flood_pause_is_for_everybody_and_to_be_stored(policy, pacer):
    result = policy.act(job(), Verdict(Kind.FLOOD, retry_after=7), NOW)

    assert pacer.paused_until == 1007.0
    assert (result.retry_at, result.counts) == (1007.0, False)
    assert policy.flood_until == NOW.wall + 7


def test_a_second_flood_answer_never_shortens_the_first(policy, pacer):
    policy.act(job(), Verdict(Kind.FLOOD, retry_after=60), NOW)
    policy.act(job(), Verdict(Kind.FLOOD, retry_after=1), NOW)

    assert pacer.paused_until == 1060.0
    assert policy.flood_until == NOW.wall + 60


def test_a_pause_told_to_another_part_is_kept_once(policy, pacer):
    until = NOW.wall + 60
    assert not policy.extend_pause(0.0, NOW)
    assert not policy.extend_pause(NOW.wall - 1, NOW)
    assert pacer.paused_until == 0.0
    assert policy.extend_pause(until, NOW)
    assert (pacer.paused_until, policy.pause_reason) == (NOW.mono + 60, "flood pause, 60 s")
    later = Moment(NOW.wall - 3600, NOW.mono + 61)
    assert not policy.extend_pause(until, later), "the clock was set back"
    assert pacer.paused_until == NOW.mono + 60
    assert policy.flood_until is None, "it is stored already"
    assert not policy.extend_pause(NOW.wall + 30, NOW), "an earlier one never shortens it"
    assert pacer.paused_until == NOW.mono + 60


def test_a_refused_token_silences_and_says_so(policy, pacer):
    policy.act(job(), Verdict(Kind.TOKEN, description="Unauthorized"), NOW)

    assert pacer.paused_until == NOW.mono + TOKEN_PAUSE_SECONDS
    assert policy.pause_reason == "token refused: Unauthorized"


def test_one_server_error_is_the_recipients_affair(policy, pacer):
    result = policy.act(job(), Verdict(Kind.SERVER), NOW)

    assert result.retry_at is not None
    assert result.retry_at > NOW.mono
    assert result.counts
    assert pacer.paused_until == 0.0


def test_many_in_a_row_are_the_servers(policy, pacer):
    results = [policy.act(job(), Verdict(Kind.SERVER), NOW) for _ in range(SERVER_DOWN_FAILURES)]

    assert pacer.paused_until > NOW.mono
    assert not results[-1].counts


@pytest.mark.parametrize("kind", [Kind.OFFLINE, Kind.SERVER, Kind.PROXY])
def test_what_fails_at_once_is_one_failure(kind, policy, pacer):
    """A hundred calls are in flight when the network goes for a second: no minute's silence."""
    results = [policy.act(job(), Verdict(kind), NOW) for _ in range(100)]

    assert NOW.mono < pacer.paused_until < NOW.mono + 1
    assert not results[-1].counts


def test_an_outage_that_lasts_is_asked_ever_more_rarely(policy, pacer):
    pauses = []
    now = NOW
    for _ in range(5):
        policy.act(job(), Verdict(Kind.OFFLINE), now)
        pauses.append(pacer.paused_until - now.mono)
        now = Moment(now.wall, pacer.paused_until)

    assert pauses[-1] > 4


def test_a_success_in_between_makes_it_single_again(policy, pacer):
    for _ in range(3 * SERVER_DOWN_FAILURES):
        policy.act(job(), Verdict(Kind.SERVER), NOW)
        policy.act(job(), Verdict(Kind.SENT), NOW)

    assert pacer.paused_until == 0.0


def test_tries_end(policy):
    assert policy.act(job(MAX_TRIES - 1), Verdict(Kind.SERVER), NOW).retry_at is None


def test_being_offline_costs_no_try(policy, pacer):
    result = policy.act(job(), Verdict(Kind.OFFLINE, description="refused"), NOW)

    assert not result.counts
    assert pacer.paused_until > NOW.mono


def test_a_proxy_in_the_way_silences_everybody_and_says_so(policy, pacer):
    page = Verdict(Kind.PROXY, "http_403", "HTTP 403 without a Bot API answer")

    results = [policy.act(job(), page, NOW) for _ in range(PROXY_DOWN_FAILURES)]

    assert pacer.paused_until > NOW.mono
    assert policy.pause_reason == "a proxy is in the way: HTTP 403 without a Bot API answer"
    assert all(result.retry_at is not None for result in results)
    assert not results[-1].counts


def test_a_call_that_a_proxy_never_passes_on_is_asked_seldom_and_does_not_fail(policy, pacer):
    """Others get through: so it is this call, but still nothing that the recipient did."""
    result = policy.act(job(MAX_TRIES - 1), Verdict(Kind.PROXY), NOW)

    assert result.retry_at == NOW.mono + PROXY_RETRY_SECONDS
    assert not result.counts
    assert pacer.paused_until == 0.0


def test_answers_that_never_come_do_not_make_everybody_unknown(policy, pacer):
    results = [
        policy.act(job(), Verdict(Kind.UNKNOWN, description="x"), NOW)
        for _ in range(SERVER_DOWN_FAILURES)
    ]

    assert all(result.retry_at is None for result in results), "none is sent again"
    assert pacer.paused_until > NOW.mono
    assert policy.pause_reason == "no answers: x"


def test_a_lost_answer_now_and_then_pauses_nothing(policy, pacer):
    for _ in range(3 * SERVER_DOWN_FAILURES):
        policy.act(job(), Verdict(Kind.UNKNOWN), NOW)
        policy.act(job(), Verdict(Kind.SENT), NOW)

    assert pacer.paused_until == 0.0


def test_backoff_grows_to_a_minute_and_a_bit():
    waits = [backoff(n) for n in range(1, 40)]

    assert waits[0] <= 0.7
    assert max(waits) <= 75
    assert min(waits[10:]) >= 45
