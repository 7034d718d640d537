"""What follows from a verdict: an outcome, another try, or silence for everybody."""

import pytest

from appliance.crud.settings import Pause
from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.jobs import Job, Moment
from appliance.delivery.outbox import Outbox
from appliance.delivery.pacer import ChatPacer, Pacer
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
def chats():
    return ChatPacer()


@pytest.fixture
def policy(pacer, chats):
    return RetryPolicy(pacer, chats)


def about(seconds):
    """Every pause has a jitter of a quarter."""
    return pytest.approx(seconds, rel=0.25)


def job(tries=0, chat_id=5):
    return Job(Outbox(lambda now: frozenset()), 1, chat_id, "sendMessage", b"{}", tries)


@pytest.mark.parametrize("kind", [Kind.SENT, Kind.GONE, Kind.REFUSED, Kind.CONTENT, Kind.UNKNOWN])
def test_an_outcome_is_final(kind, policy, pacer):
    result = policy.act(job(), Verdict(kind), NOW)

    assert result.retry_at is None
    assert pacer.paused_until == 0.0


def flood(seconds):
    return Verdict(Kind.FLOOD, retry_after=seconds)


def at(seconds):
    return Moment(NOW.wall + seconds, NOW.mono + seconds)


def test_one_chats_flood_silences_that_chat_alone(policy, pacer, chats):
    result = policy.act(job(), flood(7), NOW)

    assert (result.retry_at, result.counts) == (NOW.mono + 7, False)
    assert result.verdict.about_chat, "to be stored"
    assert (chats.ready_at(5), chats.busy(NOW.mono)) == (NOW.mono + 7, {5})
    assert (pacer.paused_until, policy.flood_seconds) == (0.0, None)


@pytest.mark.parametrize(
    ("first", "second", "paused"),
    [
        (30, at(29), 34.0),  # while the first lasts; never shorter than that
        (30, at(1), 30.0),
        (0.5, at(1), 6.0),  # within a second
        (0.5, at(1.5), 0.0),  # two chats' own limits
        (7, at(8.5), 0.0),
    ],
)
def test_a_second_chats_flood_is_the_whole_bots(first, second, paused, policy, pacer, chats):
    policy.act(job(chat_id=5), flood(first), NOW)
    result = policy.act(job(chat_id=6), flood(5), second)

    assert pacer.paused_until == (NOW.mono + paused if paused else 0.0)
    if paused:
        assert policy.flood_seconds == NOW.mono + paused - second.mono
        assert (result.retry_at, result.counts) == (pacer.paused_until, False)
    else:
        assert chats.ready_at(6) == second.mono + 5


def test_the_same_chat_again_is_still_one_chat(policy, pacer, chats):
    policy.act(job(), flood(60), NOW)
    policy.act(job(), flood(1), NOW)

    assert (chats.ready_at(5), pacer.paused_until) == (NOW.mono + 60, 0.0)


def test_a_pause_told_to_another_part_is_kept_once(policy, pacer):
    pause = Pause(NOW.wall + 60, 60)
    assert not policy.extend_pause(Pause(), NOW)
    assert not policy.extend_pause(Pause(NOW.wall - 1, 60), NOW)
    assert pacer.paused_until == 0.0
    assert policy.extend_pause(pause, NOW)
    assert (pacer.paused_until, policy.pause_reason) == (NOW.mono + 60, "flood pause, 60 s")
    later = Moment(NOW.wall - 3600, NOW.mono + 61)
    assert not policy.extend_pause(pause, later), "the clock was set back"
    assert pacer.paused_until == NOW.mono + 60
    assert policy.flood_seconds is None, "it is stored already"
    assert not policy.extend_pause(Pause(NOW.wall + 30, 60), NOW), "an earlier one shortens nothing"
    assert pacer.paused_until == NOW.mono + 60


def test_a_pause_is_a_length_and_no_date(policy, pacer):
    """Stored before the clock was set back by a day: nobody waits longer than was asked."""
    policy.extend_pause(Pause(NOW.wall + 86_400, 30), NOW)

    assert pacer.paused_until == NOW.mono + 30


def test_a_person_ends_every_pause(policy, pacer, chats):
    policy.extend_pause(Pause(NOW.wall + 3600, 3600), NOW)
    chats.pause(5, NOW.mono + 60)

    assert not policy.end_pauses(Pause(NOW.wall + 3600, 3600))
    assert policy.end_pauses(Pause(cleared=NOW.wall))
    assert not policy.end_pauses(Pause(cleared=NOW.wall)), "once"
    assert (pacer.paused_until, chats.ready_at(5)) == (0.0, 0.0)


def test_a_refused_token_silences_and_says_so(policy, pacer):
    policy.act(job(), Verdict(Kind.TOKEN, description="Unauthorized"), NOW)

    assert pacer.paused_until == NOW.mono + TOKEN_PAUSE_SECONDS
    assert policy.pause_reason == "token refused: Unauthorized"


@pytest.mark.parametrize("kind", [Kind.SERVER, Kind.PROXY])
@pytest.mark.parametrize(("tries", "seconds"), [(0, 0.5), (1, 1.0), (MAX_TRIES - 2, 8.0)])
def test_a_single_failure_is_the_recipients_affair(kind, tries, seconds, policy, pacer):
    result = policy.act(job(tries), Verdict(kind), NOW)

    assert result.retry_at - NOW.mono == about(seconds)
    assert result.counts
    assert pacer.paused_until == 0.0


@pytest.mark.parametrize(
    ("kind", "failures", "reason"),
    [
        (Kind.OFFLINE, 1, "offline: x"),
        (Kind.PROXY, PROXY_DOWN_FAILURES, "a proxy is in the way: x"),
        (Kind.SERVER, SERVER_DOWN_FAILURES, "server: x"),
        (Kind.UNKNOWN, SERVER_DOWN_FAILURES, "no answers: x"),
    ],
)
def test_so_many_in_a_row_pause_all_and_ever_longer(kind, failures, reason, policy, pacer):
    for _ in range(failures - 1):
        policy.act(job(), Verdict(kind), NOW)
    assert pacer.paused_until == 0.0

    now = NOW
    for seconds in (0.5, 1.0, 2.0):
        result = policy.act(job(), Verdict(kind, description="x"), now)
        assert pacer.paused_until - now.mono == about(seconds)
        if kind == Kind.UNKNOWN:
            assert result.retry_at is None, "it is never sent again"
        else:
            assert (result.retry_at, result.counts) == (pacer.paused_until, False)
        now = Moment(now.wall, pacer.paused_until)
    assert policy.pause_reason == reason


@pytest.mark.parametrize("kind", [Kind.OFFLINE, Kind.SERVER, Kind.PROXY, Kind.UNKNOWN])
def test_what_fails_at_once_is_one_failure(kind, policy, pacer):
    """A hundred calls are in flight when the network goes for a second: no minute's silence."""
    for _ in range(100):
        policy.act(job(), Verdict(kind), NOW)

    assert pacer.paused_until - NOW.mono == about(0.5)


@pytest.mark.parametrize("kind", [Kind.SERVER, Kind.UNKNOWN])
def test_a_success_in_between_makes_them_single_again(kind, policy, pacer):
    for _ in range(3):
        for _ in range(SERVER_DOWN_FAILURES - 1):
            policy.act(job(), Verdict(kind), NOW)
        policy.act(job(), Verdict(Kind.SENT), NOW)

    assert pacer.paused_until == 0.0


def test_tries_end(policy):
    assert policy.act(job(MAX_TRIES - 1), Verdict(Kind.SERVER), NOW).retry_at is None


def test_a_call_that_a_proxy_never_passes_on_is_asked_seldom_and_does_not_fail(policy, pacer):
    """Others get through: so it is this call, but still nothing that the recipient did."""
    result = policy.act(job(MAX_TRIES - 1), Verdict(Kind.PROXY), NOW)

    assert result.retry_at == NOW.mono + PROXY_RETRY_SECONDS
    assert not result.counts
    assert pacer.paused_until == 0.0


def test_a_pause_is_logged_when_it_begins(policy, caplog):
    for chat_id, seconds in ((5, 7), (6, 7), (7, 9)):
        policy.act(job(chat_id=chat_id), flood(seconds), NOW)

    assert caplog.messages == [
        "chat 5 pauses for 7 s",
        "sending pauses for 7.0 s: flood pause, 7 s",
    ]


def test_why_nothing_is_sent_fits_its_column(policy):
    policy.act(job(), Verdict(Kind.TOKEN, description="x" * 300), NOW)

    assert len(policy.pause_reason) == 255


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (7, 32.0), (8, 60.0), (9999, 60.0)]
)
def test_backoff_doubles_up_to_a_minute(failures, seconds):
    assert [backoff(failures) for _ in range(50)] == [about(seconds)] * 50
