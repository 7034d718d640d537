"""An alert is cut and cleaned, and what Telegram takes is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.services import notify
from appliance.services.alerts.fit import clean, cut, fit
from appliance.services.notify import NewNotification
from appliance.telegram.emptiness import looks_blank


def test_what_fits_is_left_alone():
    new = NewNotification(to="user:1", text="<b>x</b>", title="t", format="html")
    assert fit(new) == (new, None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0\x1b\\x\x1b(B\x1bMy\x1b", "xy"),
        ("a\0b\x08\x9bc\ud800", "abc"),
        ("tab\tand\nline\r\n", "tab\tand\nline\r\n"),
    ],
)
def test_what_is_cleaned(text, shown):
    assert clean(text) == shown


def test_cutting_is_marked():
    assert (cut("abc", 3), cut("abcd", 3), cut("a  d", 3)) == ("abc", "ab…", "a…")


def test_broken_html_is_sent_as_text():
    fitted, whole = fit(NewNotification(to="user:1", text="a <b", format="html"))
    assert (fitted.text, fitted.format, whole) == ("a <b", "plain", None)


def test_long_html_is_cut_as_text():
    fitted, whole = fit(NewNotification(to="user:1", text="<b>x</b>" * 5000, format="html"))
    assert (len(fitted.text), fitted.format, whole) == (1023, "plain", "x" * 5000)


@pytest.mark.parametrize("format", ["plain", "html"])
@pytest.mark.parametrize(
    ("text", "title"),
    [("hello", "\xad"), ("\u200b", "Disk"), ("<b>\xad</b>", "Disk"), (" ", "Disk")],
)
def test_an_invisible_part_does_not_lose_the_other(text, title, format):
    fitted, _ = fit(NewNotification(to="user:1", text=text, title=title, format=format))
    assert notify.text_faults(fitted) == ()
    assert (fitted.title or fitted.text) in ("hello", "Disk")


@given(
    st.text(max_size=50) | st.integers(3500, 5000).map(lambda n: "<💾 " * (n // 3)),
    st.none() | st.text(max_size=300),
    st.sampled_from(["plain", "html"]),
)
def test_whatever_is_said_can_be_sent(text, title, format):
    fitted, whole = fit(NewNotification(to="user:1", text=text, title=title, format=format))
    if fitted.text or fitted.title:
        assert notify.text_faults(fitted) == ()
    elif format == "plain":
        assert looks_blank(clean(text) + clean(title or ""))
    assert whole is None or len(fitted.text) <= 1024
