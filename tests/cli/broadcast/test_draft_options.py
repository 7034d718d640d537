"""The options that `broadcast send` and `broadcast plan` share."""

import pytest


@pytest.mark.parametrize(("share", "limit"), [("10%", 0.1), ("0.25", 0.25), ("0%", 0.0)])
def test_a_canary(answer, known, stored, share, limit):
    answer("broadcast", "x", "--canary", 50, "--canary-limit", share, "--canary-wait", "2m")
    row = stored()
    assert (row.canary, row.canary_limit, row.canary_wait) == (50, limit, 120)


def test_without_a_canary(answer, known, stored):
    answer("broadcast", "x")
    row = stored()
    assert (row.canary, row.canary_limit, row.canary_wait) == (None, None, None)
    assert row.options == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--canary", 0], "at least 1 person"),
        (["--canary", 1, "--canary-limit", "101%"], "0% to 100%"),
        (["--canary", 1, "--canary-limit", "10%%"], "10%%"),
        (["--canary", 1, "--canary-limit", "ten"], "ten"),
        (["--canary", 1, "--canary-limit", "nan"], "0% to 100%"),
        (["--canary", 1, "--canary-wait", "2 days"], "2 days"),
        (["--canary", 1, "--canary-wait", "2d"], "86400"),
        (["--canary-wait", "60s"], "number of people"),
    ],
)
@pytest.mark.parametrize("verb", ["send", "plan"])
def test_what_a_canary_is_not(invoke, known, refused, verb, words, told):
    assert told in refused(invoke("broadcast", verb, "x", *words), 2)


def test_tracked_links(answer, known, stored):
    answer("broadcast", "x", "--track", "--silent", "--button", "Go=https://a.example")
    assert stored().options["track"] is True
    assert stored().options["silent"] is True


def test_nothing_is_tracked_where_nobody_finds_the_site(invoke, known, refused):
    words = refused(invoke("broadcast", "x", "--track", BOT_MODE="polling"), 2)
    assert "DOMAIN" in words
