"""Texts as HTML for a browser: safe, well nested, read back to the same."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.telegram.entities import Entity, utf16_length
from appliance.telegram.render import render

TYPES = (
    "bold italic underline strikethrough spoiler code pre blockquote expandable_blockquote"
    " text_link url email mention hashtag bot_command unheard_of"
)


@pytest.mark.parametrize(
    ("text", "entity", "html"),
    [
        ("x", Entity("bold", 0, 1), "<b>x</b>"),
        ("x", Entity("spoiler", 0, 1), '<span class="tg-spoiler">x</span>'),
        (
            "x",
            Entity("pre", 0, 1, language='"<'),
            '<pre><code class="language-&quot;&lt;">x</code></pre>',
        ),
        ("x", Entity("hashtag", 0, 1), "x"),
        ("x", Entity("text_link", 0, 1, url="javascript:alert(1)"), "x"),
        ("<&>", Entity("italic", 0, 3), "<i>&lt;&amp;&gt;</i>"),
        ("😀x", Entity("bold", 2, 1), "😀<b>x</b>"),
    ],
)
def test_entities(text, entity, html):
    assert render(text, (entity,)) == html


@pytest.mark.parametrize(
    ("text", "type_", "address"),
    [
        ("e.com", "url", "http://e.com"),
        ("https://e.com", "url", "https://e.com"),
        ("a@e.com", "email", "mailto:a@e.com"),
        ("@club", "mention", "https://t.me/club"),
    ],
)
def test_what_telegram_found_becomes_a_link(text, type_, address):
    html = render(text, (Entity(type_, 0, len(text)),))
    assert html == (
        f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">{text}</a>'
    )


def test_crossing_entities_still_nest():
    html = render("abc", (Entity("bold", 0, 2), Entity("italic", 1, 2)))
    assert html == "<b>a<i>b</i></b><i>c</i>"


def test_an_entity_out_of_the_text_is_refused():
    with pytest.raises(ValueError, match="ends after the end of the text"):
        render("x", (Entity("bold", 0, 2),))


@given(st.data())
@settings(deadline=None)
def test_any_entities_give_balanced_escaped_html(data):
    text = data.draw(st.text(alphabet="xя <>&\"'\n", max_size=8))
    size = utf16_length(text)
    drawn = []
    for _ in range(data.draw(st.integers(0, 4)) if size else 0):
        start = data.draw(st.integers(0, size - 1))
        length = data.draw(st.integers(1, size - start))
        type_ = data.draw(st.sampled_from(TYPES.split()))
        drawn.append(Entity(type_, start, length, url='https://e.com/"><script>'))
    html = render(text, tuple(drawn))
    stack = []
    for closing, name in re.findall(r"<(/?)([a-z-]+)", html):
        if closing:
            assert stack.pop() == name
        else:
            stack.append(name)
    assert stack == []
    assert "script>" not in html.replace("&lt;script&gt;", "")
