"""Telegram's HTML: the tags, the leniency and the error words of TDLib."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.telegram.entities import utf16_length
from appliance.telegram.html import Entity, EntityError, parse, render


def entities(html: str) -> list[dict[str, Any]]:
    return [entity.as_dict() for entity in parse(html)[1]]


def one(type_: str, length: int = 1, **details: Any) -> list[dict[str, Any]]:
    return [{"type": type_, "offset": 0, "length": length, **details}]


@pytest.mark.parametrize(
    ("html", "type_"),
    [
        ("<b>x</b>", "bold"),
        ("<strong>x</strong>", "bold"),
        ("<i>x</i>", "italic"),
        ("<em>x</em>", "italic"),
        ("<u>x</u>", "underline"),
        ("<ins>x</ins>", "underline"),
        ("<s>x</s>", "strikethrough"),
        ("<strike>x</strike>", "strikethrough"),
        ("<del>x</del>", "strikethrough"),
        ("<tg-spoiler>x</tg-spoiler>", "spoiler"),
        ('<span class="tg-spoiler">x</span>', "spoiler"),
        ("<code>x</code>", "code"),
        ("<pre>x</pre>", "pre"),
        ("<blockquote>x</blockquote>", "blockquote"),
        ("<blockquote expandable>x</blockquote>", "expandable_blockquote"),
        ('<blockquote expandable="">x</blockquote>', "expandable_blockquote"),
        ("<B>x</b>", "bold"),
        ("<b >x</b >", "bold"),
        ("<b>x</>", "bold"),
        ("<b\n>x</b>", "bold"),
        ('<b class="lost">x</b>', "bold"),
        ("<code class='language-py'>x</code>", "code"),
    ],
)
def test_tags(html, type_):
    assert parse(html)[0] == "x"
    assert entities(html) == one(type_)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="https://Example.com">x</a>', one("text_link", url="https://example.com/")),
        ("<a href='example.com/a?b'>x</a>", one("text_link", url="http://example.com/a?b")),
        ('<a href="https://e.com/?a=1&amp;b">x</a>', one("text_link", url="https://e.com/?a=1&b")),
        ("<a>example.com</a>", one("text_link", 11, url="http://example.com/")),
        (
            '<a href="tg://user?id=5">x</a>',
            one("text_mention", user={"id": 5, "is_bot": False, "first_name": ""}),
        ),
        ('<a href="tg://resolve?domain=x">x</a>', one("text_link", url="tg://resolve?domain=x")),
        ('<a href="javascript:alert(1)">x</a>', []),
        ('<a href="ftp://example.com">x</a>', []),
        ('<a href="nowhere">x</a>', []),
        ("<a>x</a>", []),
        (
            '<pre><code class="language-py">x</code></pre>',
            one("pre", language="py"),
        ),
        ('<code class="language-py"><pre>x</pre></code>', one("pre", language="py")),
        ('<code><code class="language-py">x</code></code>', one("code")),
        ('<tg-emoji emoji-id="53">👍</tg-emoji>', one("custom_emoji", 2, custom_emoji_id="53")),
        (
            '<tg-time unix="5" format="wDT">x</tg-time>',
            one("date_time", unix_time=5, date_time_format="wDT"),
        ),
        ('<tg-time unix="5">x</tg-time>', one("date_time", unix_time=5)),
        ("<tg-time>x</tg-time>", []),
        ("<b></b>x", []),
        ("<b> </b>x", []),
    ],
)
def test_tags_with_details(html, expected):
    assert entities(html) == expected


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("&lt;&gt;&amp;&quot;", '<>&"'),
        ("&lt;b&gt", "<b>"),
        ("&#65;&#x41;&#x1F600;", "AA😀"),
        ("&nbsp; &copy; & &; &#; &#0; &#x110000;", "&nbsp; &copy; & &; &#; &#0; &#x110000;"),
        ("&#000000065;", "&#000000065;"),
        ("a > b", "a > b"),
        ("  \n a  b \n ", "a  b"),
        ("a\r\nb\tc\x00d", "a\nb c d"),
        ("", ""),
    ],
)
def test_characters(html, text):
    assert parse(html) == (text, ())


@pytest.mark.parametrize(
    ("html", "reason", "offset"),
    [
        ("a<x>", 'Unsupported start tag "x" at byte offset 1', 1),
        ("é<br/>", 'Unsupported start tag "br/" at byte offset 2', 1),
        ("😀 <SCRIPT>", 'Unsupported start tag "script" at byte offset 5', 2),
        ("1 < 2 >", 'Unsupported start tag "" at byte offset 2', 2),
        ("x <", "Unclosed start tag at byte offset 2", 2),
        ("<b", "Unclosed start tag at byte offset 0", 0),
        ("<b class", 'Unclosed start tag "b" at byte offset 0', 0),
        ("<b class=", 'Unclosed start tag "b" at byte offset 0', 0),
        ('<a href="x', "Unclosed start tag at byte offset 0", 0),
        ("<b ", 'Empty attribute name in the tag "b" at byte offset 0', 0),
        ("<a =x>", 'Empty attribute name in the tag "a" at byte offset 0', 0),
        ("<a href=x%>", "Unexpected end of name token at byte offset 8", 8),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0', 0),
        ("x</b>", "Unexpected end tag at byte offset 1", 1),
        ("<b>x</b", "Unclosed end tag at byte offset 4", 4),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"', 4),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"', 7),
        ("x<b>y", 'Can\'t find end tag corresponding to start tag "b"', 1),
        ("<tg-emoji>x</tg-emoji>", "Invalid custom emoji identifier specified", 0),
        ('<tg-time unix="1" format="q">x</tg-time>', "Invalid date format used", 0),
        (
            "x&#xD800;",
            "Text contains invalid Unicode characters after decoding HTML entities, check for"
            " unmatched surrogate code units",
            1,
        ),
        ("x\ud800", "Strings must be encoded in UTF-8", 1),
    ],
)
def test_refusals_have_telegrams_words_and_the_place(html, reason, offset):
    with pytest.raises(EntityError) as caught:
        parse(html)
    assert caught.value.message == f"can't parse entities: {reason}"
    assert caught.value.offset == offset
    assert caught.value.byte_offset == len(html[:offset].encode())


def test_offsets_count_utf16_units():
    text, found = parse("😀 <b>я😀</b> <i>x</i>")
    assert text == "😀 я😀 x"
    assert [(entity.offset, entity.length) for entity in found] == [(3, 3), (7, 1)]


def test_formatting_around_other_entities_is_split_at_them():
    found = entities('<b>a <a href="e.com">b</a>d<i>c</i></b>')
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in found] == [
        ("bold", 0, 2),
        ("text_link", 2, 1),
        ("bold", 2, 1),
        ("bold", 3, 1),
        ("bold", 4, 1),
        ("italic", 4, 1),
    ]


def test_monospace_takes_no_formatting_inside():
    assert entities("<code>a<b>b</b></code>") == one("code", 2)


def test_white_space_around_moves_the_entities():
    assert parse(" <b> x </b> ") == ("x", (Entity("bold", 0, 1),))


TAGS = ["b", "i", "u", "s", "code", "pre", "blockquote", "tg-spoiler", "a"]
PIECES = st.one_of(
    st.text(alphabet="xя😀 \n&;<>\"'=/\r\t\u0000\u202e", max_size=6),
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ["</>"]),
    st.sampled_from(
        [
            '<a href="https://e.com/?a&amp;b">',
            '<a href="tg://user?id=7">',
            '<code class="language-py">',
            '<span class="tg-spoiler">',
            "</span>",
            "<blockquote expandable>",
            '<tg-emoji emoji-id="5">',
            "</tg-emoji>",
            "&lt;b&gt;",
            "&#128512;",
        ]
    ),
)
NESTED = st.recursive(
    st.text(alphabet="xя😀 \n", max_size=4),
    lambda inner: st.one_of(
        st.builds("<{0}>{1}</{0}>".format, st.sampled_from(TAGS), inner),
        st.builds('<a href="https://e.com">{}</a>'.format, inner),
        st.builds('<pre><code class="language-c">{}</code></pre>'.format, inner),
        st.builds("<blockquote expandable>{}</blockquote>".format, inner),
        st.lists(inner, max_size=3).map("".join),
    ),
    max_leaves=12,
)


@given(st.one_of(st.lists(PIECES, max_size=14).map("".join), NESTED))
@settings(deadline=None)
def test_whatever_is_accepted_is_kept_by_rendering(html):
    try:
        text, found = parse(html)
    except EntityError as error:
        assert 0 <= error.offset <= len(html)
        assert error.byte_offset == len(html[: error.offset].encode())
        return
    total = utf16_length(text)
    assert all(0 <= e.offset < e.offset + e.length <= total for e in found)
    assert text == text.strip(" \n") or any(e.type.startswith("text_") for e in found)
    assert parse(render(text, found)) == (text, found)


@given(st.text(alphabet="<>/&;=\"' \nabcdeiprstu#x0😀", max_size=40))
@settings(deadline=None)
def test_nothing_but_an_entity_error_comes_out(html):
    try:
        text, found = parse(html)
    except EntityError:
        return
    assert "<" not in render(text, found) or found or "&lt;" in render(text, found)
