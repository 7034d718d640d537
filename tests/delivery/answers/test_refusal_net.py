"""Equal refusals stop a run, whatever their words mean; those about a chat never do."""

import pytest

from appliance.delivery.answers.classify import Kind, Verdict
from appliance.delivery.answers.refusal_net import (
    CONTENT_REFUSALS,
    UNKNOWN_REFUSALS,
    WAVE,
    WAVE_WINDOW,
    RefusalNet,
    Stop,
)

SENT = Verdict(Kind.SENT)
CONTENT = Verdict(Kind.CONTENT, "content", "text is too long")
NEW = Verdict(Kind.REFUSED, "new", "NEW_WORDS at 17")
OTHER = Verdict(Kind.REFUSED, "other", "OTHER_WORDS")
CHAT = Verdict(Kind.REFUSED, "chat_not_found", "chat not found", about_chat=True)
GONE = Verdict(Kind.GONE, "blocked", "bot was blocked", about_chat=True)
LOST = Verdict(Kind.UNKNOWN, "no_answer", "timed out")


@pytest.mark.parametrize(
    ("seen", "stop"),
    [
        ([CONTENT] * (CONTENT_REFUSALS - 1), None),
        ([CONTENT] * CONTENT_REFUSALS, Stop.HALT),
        ([NEW] * (UNKNOWN_REFUSALS - 1), None),
        ([NEW] * UNKNOWN_REFUSALS, Stop.HALT),
        ([NEW, OTHER] * UNKNOWN_REFUSALS, None),  # not equal, not in a row
        ([NEW, CHAT, GONE, LOST] * UNKNOWN_REFUSALS, Stop.HALT),  # those say nothing either way
        ([CHAT, GONE, LOST] * 50, None),
        ([SENT, *[CONTENT] * (WAVE - 1)], None),
        ([SENT, *[CONTENT] * WAVE], Stop.PAUSE),
        ([SENT, *[NEW] * WAVE], Stop.PAUSE),
        ([SENT, *([SENT] + [NEW] * 4) * 4, *[NEW] * 4], Stop.PAUSE),  # 20 of the last 25
        ([SENT, *([SENT] + [NEW] * 3) * 50], None),  # a quarter gets it
        ([SENT, *[NEW] * WAVE, *[SENT] * (WAVE_WINDOW - WAVE + 1)], None),  # it went by
        ([SENT, *[CHAT] * 100], None),
    ],
)
def test_when_it_stops(seen, stop):
    net = RefusalNet()

    net.see(seen)

    assert net.stop == stop


def test_figures_in_the_words_do_not_make_them_different():
    net = RefusalNet()

    net.see(Verdict(Kind.REFUSED, "new", f"offset {n}") for n in range(UNKNOWN_REFUSALS))

    assert (net.stop, net.words) == (Stop.HALT, f"offset {UNKNOWN_REFUSALS - 1}")


def test_after_a_restart_a_few_refusals_are_not_the_first():
    """The ledger says that others got it: three content errors are three people's."""
    net = RefusalNet(anything_sent=True)

    net.see([CONTENT] * CONTENT_REFUSALS)

    assert net.stop is None
