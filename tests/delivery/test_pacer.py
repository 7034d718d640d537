"""The budget is used to the full and never exceeded, whatever the loop's luck."""

import pickle
import random
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.delivery.pacer import (
    ANSWER_BURST,
    CATCH_UP_SECONDS,
    GROUP_WINDOW_SECONDS,
    WARM_UP_SHARE,
    ChatPacer,
    Pacer,
)
from appliance.services.timing.pace import FAST_SHARE, RATE_SHARE


def send_for(pacer, seconds, late, start=100.0):
    """When messages leave, if the loop wakes at each due time, a bit late."""
    now, sent = start, []
    while now < start + seconds:
        while pacer.take(now):
            sent.append(now)
        now = max(pacer.ready_at(now), now) + late.uniform(0, 0.004)
    return sent


def peak(times):
    """The most messages in any one second."""
    window = deque()
    most = 0
    for at in times:
        window.append(at)
        while window[0] <= at - 1.0:
            window.popleft()
        most = max(most, len(window))
    return most


@pytest.mark.parametrize("rate", [1, 2, 3, 5, 10, 20, 29, 30, 31, 33, 50, 100, 199, 200, 1000])
def test_no_second_holds_more_than_the_rate(rate):
    times = send_for(Pacer(rate), 20, random.Random(rate))

    assert peak(times) <= rate


@pytest.mark.parametrize("rate", [30, 1000])
def test_nearly_all_of_the_budget_is_used(rate):
    times = send_for(Pacer(rate), 20, random.Random(rate))

    assert len(times) >= 0.96 * rate * 20


def test_it_does_not_start_with_a_burst():
    pacer = Pacer(30)

    assert [pacer.take(50.0) for _ in range(4)] == [True, True, False, False], "a pair, no more"
    assert pacer.ready_at(50.0) > 50.05, "which pays for two intervals"


def test_a_message_that_left_alone_pays_for_one_interval():
    pacer = Pacer(30)
    pacer.take(50.0)

    assert pacer.ready_at(50.01) == pytest.approx(50.0 + pacer.interval - pacer.tolerance)


def test_there_are_pairs_only_where_they_fit_into_a_second():
    odd = Pacer(31)

    assert [odd.take(50.0) for _ in range(2)] == [True, False]


def test_a_long_silence_saves_nothing_up():
    pacer = Pacer(30)
    pacer.take(50.0)

    assert sum(pacer.take(80.0) for _ in range(10)) == 2


def test_a_pause_silences_and_is_never_shortened():
    pacer = Pacer(30)
    pacer.pause(110.0)
    pacer.pause(105.0)

    assert not pacer.take(109.9)
    assert pacer.due_within(100.0, 5.0) == 0
    assert sum(pacer.take(110.0) for _ in range(10)) == 2, "and does not end with a burst"


@given(st.floats(0.5, 200), st.floats(0, 5), st.floats(0.01, 2))
def test_what_is_due_within_a_span_can_be_sent_in_it(rate, wait, span):
    pacer = Pacer(rate)
    pacer.take(10.0)
    now = 10.0 + wait

    due = pacer.due_within(now, span)
    sent, at = 0, max(now, pacer.ready_at(now))
    while at <= now + span:
        assert pacer.take(at)
        sent += 1
        at = max(at, pacer.ready_at(at))

    assert abs(due - sent) <= 1


def test_a_pause_holds_for_the_second_of_a_pair_too():
    pacer = Pacer(30)
    assert pacer.take(50.0)
    pacer.pause(60.0)

    assert pacer.ready_at(50.001) == 60.0
    assert not pacer.take(50.001)


def test_the_first_second_is_a_bit_slower():
    """Its messages wait for their connections, and arrive closer to those that follow."""
    pacer, now, sent = Pacer(1000), 100.0, []
    while now < 102.0:
        while pacer.take(now):
            sent.append(now)
        now += 0.005

    first = sum(at < 100.99 for at in sent)
    assert first == pytest.approx(0.99 * 1000 * FAST_SHARE * WARM_UP_SHARE, abs=15)
    assert sum(101.0 <= at < 101.99 for at in sent) >= 970, "and no other"


@pytest.mark.parametrize(("stall", "made_up"), [(0.02, 0.02), (0.2, CATCH_UP_SECONDS)])
def test_only_a_short_stall_is_made_up_for(stall, made_up):
    pacer, now = Pacer(1000), 100.0
    while now < 103.0:
        while pacer.take(now):
            pass
        now += 0.005

    now += stall
    at_once = 0
    while pacer.take(now):
        at_once += 1

    assert at_once == pytest.approx(made_up * 1000 * FAST_SHARE, abs=6)


def test_a_late_loop_makes_up_for_it_and_no_second_is_over_the_rate():
    pacer, now, sent = Pacer(1000), 100.0, []
    dice = random.Random(5)
    while now < 110.0:
        while pacer.take(now):
            sent.append(now)
        now += 0.010 if dice.random() < 0.05 else 0.005  # a commit now and then

    assert peak(sent) <= 1000
    assert all(sum(s <= at < s + 1 for at in sent) >= 980 for s in range(101, 109))


@given(st.sampled_from([30, 200, 250, 1000]), st.integers(0, 2**32))
def test_no_stall_of_the_loop_ever_puts_more_than_the_rate_into_a_second(rate, seed):
    """Commits, a busy machine, a debugger: stalls of up to half a second, at any time.

    As the server sees it, too: each message is up to 8 ms on its way.
    """
    pacer, dice, now, sent = Pacer(rate), random.Random(seed), 100.0, []
    while now < 104.0:
        while pacer.take(now):
            sent.append(now)
        now += dice.choice([0.001, 0.005, 0.005, 0.02, 0.045, 0.2, 0.5])

    assert peak(sent) <= rate
    arrived = sorted(at + dice.uniform(0, 0.008) for at in sent)
    assert peak(arrived) <= rate


def test_a_stall_of_45_ms_is_made_up_for_within_its_second():
    pacer, now, sent, stalls = Pacer(1000), 100.0, [], 0
    while now < 110.0:
        while pacer.take(now):
            sent.append(now)
        stalled = now >= 100.5 + stalls
        stalls += int(stalled)
        now += 0.045 if stalled else 0.005

    assert peak(sent) <= 1000
    assert all(sum(s <= at < s + 1 for at in sent) >= 980 for s in range(102, 109))


def test_the_share_keeps_a_window_under_the_limit_with_room_for_jitter():
    pacer = Pacer(30)

    assert 30 * pacer.interval - pacer.tolerance > 1.012, "31 messages never fit into a second"
    assert RATE_SHARE >= 0.96


def test_a_group_gets_one_a_second():
    chats = ChatPacer()
    chats.note(-7, 100.0)

    assert (chats.ready_at(-7), chats.ready_at(-8)) == (101.0, 0.0)
    assert chats.busy(100.5) == {-7}
    assert chats.busy(101.0) == frozenset()


def test_a_person_gets_three_answers_at_once_and_then_one_a_second():
    chats = ChatPacer()
    for _ in range(ANSWER_BURST):
        assert chats.ready_at(7, answer=True) <= 100.0
        assert chats.busy(100.0) == frozenset()
        chats.note(7, 100.0)
    for now in (101.0, 102.0, 103.0):
        assert chats.ready_at(7, answer=True) == now
        assert chats.busy(now - 0.1) == {7}
        chats.note(7, now)

    assert chats.ready_at(7, answer=True) == 104.0
    assert chats.ready_at(8, answer=True) == 0.0


def test_silence_saves_up_no_more_than_the_burst():
    chats = ChatPacer()
    for _ in range(ANSWER_BURST):
        chats.note(7, 100.0)
    chats.note(8, 1000.0)
    for _ in range(ANSWER_BURST):
        assert chats.ready_at(7, answer=True) <= 1000.0
        chats.note(7, 1000.0)
    assert chats.ready_at(7, answer=True) == 1001.0


@given(st.integers(0, 2**32))
def test_no_span_of_a_person_holds_more_than_its_seconds_and_two(seed):
    """What Telegram bears, five and then one a second, is never reached."""
    pacer, dice, now, times = ChatPacer(), random.Random(seed), 1000.0, []
    busiest = dice.sample(PAUSES, 3)
    for _ in range(150):
        now = max(now + dice.choice(busiest), pacer.ready_at(3, answer=True))
        for chat in (3, dice.randrange(4, 9)):
            if pacer.ready_at(chat, answer=dice.random() < 0.9) <= now:
                pacer.note(chat, now)
                times += [now] if chat == 3 else []

    for first, began in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= times[last] - began + ANSWER_BURST + 1e-6


def test_anything_but_an_answer_waits_until_all_is_paid_for():
    chats = ChatPacer()
    chats.note(7, 100.0)
    assert chats.ready_at(7) == 101.0
    chats.note(7, 100.0)
    assert (chats.ready_at(7), chats.ready_at(7, answer=True)) == (102.0, 100.0)
    assert chats.ready_at(8) == 0.0


def test_a_silent_group_gets_twenty_at_once_and_then_waits_for_the_minute():
    chats = ChatPacer()
    for number in range(20):
        assert chats.ready_at(-7) <= 100.0 + number
        chats.note(-7, 100.0 + number)

    assert chats.ready_at(-7) == 100.0 + GROUP_WINDOW_SECONDS
    assert chats.busy(130.0) == {-7}
    chats.note(1, 130.0)
    assert chats.ready_at(-7) == 100.0 + GROUP_WINDOW_SECONDS, "whoever else is written to"
    assert chats.busy(100.0 + GROUP_WINDOW_SECONDS) == frozenset()


PAUSES = (0.0, 0.0, 0.3, 0.9, 1.0, 2.9, 3.1, 20.0, 59.0, 62.0)
"""Seconds between two wishes to write: around all spans that the pacer remembers."""


@given(st.integers(0, 2**32))
def test_no_minute_of_a_group_holds_more_than_twenty_and_no_second_two(seed):
    """Whatever comes when, and to whom in between, as seen by Telegram: for each 60 seconds."""
    pacer, dice, now = ChatPacer(), random.Random(seed), 1000.0
    busiest = dice.sample(PAUSES, 3)
    left = {-1: [], -2: [], -3: []}
    for _ in range(150):
        chat = dice.choice(list(left))
        now = max(now + dice.choice(busiest), pacer.ready_at(chat))
        assert chat not in pacer.busy(now)
        pacer.note(chat, now)
        assert chat in pacer.busy(now)
        left[chat].append(now)

    for chat, times in left.items():
        assert all(after - before > 0.999 for before, after in pairwise(times))
        minutes = zip(times, times[20:], strict=False)
        assert all(after - before > 60.0 for before, after in minutes), chat


@pytest.mark.parametrize(("chat", "times"), [(7, ANSWER_BURST), (-7, 1)])
def test_what_was_noted_is_remembered_over_the_turn_of_a_span(chat, times):
    """What was noted is moved aside every three seconds, by the next message to anybody."""
    chats = ChatPacer()
    chats.note(1, 100.0)
    for _ in range(times):
        chats.note(chat, 102.9)
    chats.note(2, 103.1)

    assert chats.ready_at(chat, answer=True) == pytest.approx(103.9)
    assert chat in chats.busy(103.8)


def test_a_groups_minute_is_remembered_over_the_turn_of_a_span():
    chats = ChatPacer()
    chats.note(-1, 100.0)
    for number in range(19):
        chats.note(-7, 140.0 + number)
    chats.note(-1, 162.0)

    assert chats.ready_at(-7) == pytest.approx(159.0)
    chats.note(-7, 162.0)
    assert chats.ready_at(-7) == 140.0 + GROUP_WINDOW_SECONDS


def test_the_twentieth_in_a_minute_waits_its_second_as_well():
    chats = ChatPacer()
    for number in range(20):
        chats.note(-7, 100.0 + 3.18 * number)

    assert chats.ready_at(-7) == pytest.approx(100.0 + 3.18 * 19 + 1.0)


def test_old_chats_are_forgotten_and_busy_ones_are_not():
    chats = ChatPacer()
    for number in range(1, 100_001):
        chats.note(number if number % 2 else -number, 100.0 + number / 1000)

    assert len(chats.busy(199.5)) <= 1000 + 1000 + 1
    assert chats.ready_at(-100_000) == pytest.approx(201.0)
    assert chats.ready_at(1) == 0.0
    for number in range(3):
        chats.note(-1_000_000, 1000.0 + number * (GROUP_WINDOW_SECONDS + 1))
    assert len(pickle.dumps(chats)) < 1000, "nothing of the many groups is left"
