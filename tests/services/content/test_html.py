"""A message as it is read."""

import pytest

from appliance.services import content

EMOJI = "👩‍👩‍👧‍👦"  # 7 code points, 11 UTF-16 units


@pytest.mark.parametrize(
    ("text", "format", "html"),
    [
        ("<b>x</b>", "html", "<b>x</b>"),
        ("<script>x", "html", "&lt;script&gt;x"),
        ("<script>alert(1)</script>", "plain", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_shown_safely(text, format, html):
    assert content.to_html(text, format).replace("strong>", "b>") == html


def test_length():
    assert content.length("<b>четыре</b>", "html") == 6
    assert content.length("<b>", "plain") == 3
    assert content.length("<b>x", "html") == 4  # cannot be parsed
    assert content.length(EMOJI, "plain") == 7


def test_length_counts_the_longest_names():
    assert content.length("<b>{first_name}</b>", "html") == 64
    assert content.length("{username|" + "x" * 40 + "}", "plain") == 40


def test_placeholders_are_shown_as_they_stand_or_for_somebody():
    text = "<b>{first_name|friend}</b>"
    assert content.to_html(text, "html") == text
    assert content.to_html(text, "html", content.NOBODY) == "<b>friend</b>"
    assert content.to_html(text, "html", content.Person("<i>")) == "<b>&lt;i&gt;</b>"
    assert content.to_html("{name}", "plain", content.Person("<i>")) == "&lt;i&gt;"
