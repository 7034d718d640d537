"""What may be sent, and where exactly it may not."""

import pytest

from appliance.errors import Fault, Invalid
from appliance.services import content

EMOJI = "👩‍👩‍👧‍👦"  # 7 code points, 11 UTF-16 units


def places(text, format="plain"):
    return [(f.offset, f.line, f.column) for f in content.lint(text, format)]


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("hello", "plain"),
        ("a < b & c", "plain"),
        ("<b>hello</b> &amp; <a href='https://a.example'>more</a>", "html"),
        ("x" * 4096, "plain"),
        ("😀" * 4096, "plain"),
        (f"<b>{'x' * 4096}</b>", "html"),
        ("&lt;" * 4096, "html"),
        (EMOJI * 585, "plain"),
        ("\n" * 10 + "x", "plain"),
    ],
)
def test_what_telegram_takes(text, format):
    assert content.lint(text, format) == ()
    content.check(text, format)


@pytest.mark.parametrize(
    ("text", "offset", "line", "column"),
    [
        ("<b>hello", 0, 1, 1),
        ("hello <blink>x</blink>", 6, 1, 7),
        ("one\ntwo <x>", 8, 2, 5),
        ("привет 👋\n\n</b>", 10, 3, 1),
        ("<b>one\n<i>two</b></i>", 13, 2, 7),
        ("ok\r\n<b", 4, 2, 1),
    ],
)
def test_broken_markup_is_pointed_at(text, offset, line, column):
    (fault,) = content.lint(text, "html")
    assert (fault.field, fault.offset, fault.line, fault.column) == ("text", offset, line, column)
    assert fault.message.startswith("can't parse entities: ")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("x" * 4097, (4096, 1, 4097)),
        ("x\n" * 2048 + "yz", (4096, 2049, 1)),
        ("😀" * 4097, (4096, 1, 4097)),
    ],
)
def test_too_long_plain(text, place):
    assert places(text) == [place]
    assert f"{len(text)} characters" in content.lint(text, "plain")[0].message


@pytest.mark.parametrize("text", [f"<b>{'x' * 4097}</b>", "&lt;" * 4097, "😀" * 4097])
def test_too_long_after_parsing(text):
    (fault,) = content.lint(text, "html")
    assert "4097 characters after parsing: Telegram allows 4096" in fault.message


def test_endless_markup_is_not_even_parsed():
    (fault,) = content.lint("<b></b>" * 100_000, "html")
    assert "700000 characters" in fault.message


@pytest.mark.parametrize("format", ["plain", "html"])
@pytest.mark.parametrize(
    ("text", "place", "name"),
    [
        ("a\nb\0c", (3, 2, 2), "U+0000"),
        ("\ud83d", (0, 1, 1), "U+D83D"),
        ("ok \udc4b", (3, 1, 4), "U+DC4B"),
    ],
)
def test_characters_that_are_none(text, place, name, format):
    assert places(text, format) == [place]
    assert name in content.lint(text, format)[0].message


@pytest.mark.parametrize(
    ("text", "format"),
    [("", "plain"), (" \n\t", "plain"), ("<b></b>", "html"), ("<b> </b>", "html")],
)
def test_nothing_to_read(text, format):
    (fault,) = content.lint(text, format)
    assert "empty" in fault.message


@pytest.mark.parametrize("blank", ["\u200b", "\u3164", "\u00a0\u2060", "\U000e0020", "\ufe0f"])
def test_what_cannot_be_seen_is_empty(blank):
    for text, format in ((f" {blank}", "plain"), (f"<b>{blank}</b>", "html")):
        (fault,) = content.lint(text, format)
        assert "empty" in fault.message
    assert content.lint(blank, "plain", with_file=True) == ()


def test_more_markup_than_telegram_reads():
    text = "я" + "<b></b>" * 4681  # 32,769 bytes
    (fault,) = content.lint(text, "html")
    assert fault.offset == 32_767
    assert "32769 bytes" in fault.message
    assert content.lint(text[1:], "html")[0].message != fault.message


def test_more_addresses_than_telegram_takes():
    link = f'<a href="https://a.example/{"x" * 950}">x</a> '
    assert content.lint(link * 9, "html") == ()
    (fault,) = content.lint(link * 10, "html")
    assert "9500 bytes" in fault.message


def test_what_follows_the_hundredth_entity_would_be_plain():
    text = "<b>x</b> " * 100
    assert content.lint(text, "html") == ()
    (fault,) = content.lint(f"{text}\n<i>y</i>", "html")
    assert (fault.line, fault.column) == (2, 1)
    assert "first 100" in fault.message


@pytest.mark.parametrize(
    ("text", "offset", "word"),
    [
        ('ok <a href="javascript:alert(1)">x</a>', 3, "port"),
        ('<a href="tel:+4912345">x</a>', 0, "port"),
        ('<a href="">x</a>', 0, "Wrong HTTP URL"),
        ('<a href="https://a.example:65536/">x</a>', 0, "port"),
        ("a&nbsp;b", 1, "&nbsp;"),
        ("a &amp;&mdash; b", 7, "&mdash;"),
    ],
)
def test_what_telegram_would_drop_in_silence(text, offset, word):
    (fault,) = content.lint(text, "html")
    assert fault.offset == offset
    assert word in fault.message
    assert content.lint(text, "html", losses=False) == ()
    assert content.lint(text, "plain") == ()


def test_what_only_looks_like_a_reference_stays():
    assert content.lint("AT&T; Q&A; &unknown; &amp;nbsp;", "html") == ()


def test_braces_of_a_literal_text_mean_nothing():
    assert content.lint("{unknown}", "plain", literal=True) == ()


def test_a_format_nobody_knows():
    assert content.lint("x", "markdown") == (
        Fault("format", "unknown format 'markdown': expected plain or html"),
    )


def test_every_fault_is_listed():
    options = {"loud": True, "buttons": [[button(text="", url="")]]}
    with pytest.raises(Invalid) as caught:
        content.check("<b>", "html", options)
    fields = [fault.field for fault in caught.value.faults]
    assert fields == ["text", "options.loud", "options.buttons.0.0", "options.buttons.0.0"]
    assert str(caught.value) == caught.value.faults[0].message


def button(text="Go", url="https://a.example"):
    return {"text": text, "url": url}


# Placeholders


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("Hello, {first_name|friend}", "plain"),
        ("{name}: x", "html"),
        ("{first_name|you & <me>}", "html"),
        ("<b>{first_name|friend}</b>", "html"),
        ('<a href="https://a.example/?who={username}">x</a>', "html"),
        ("{{first_name}} and {{anything}}", "plain"),
        ('{"ok": true, "list": [{}, {"a": {"b": 1}}]}', "plain"),
        ("function() { return x }", "plain"),
        ("x" * 4032 + "{first_name}", "plain"),
        ("x" * 4064 + "{username}", "plain"),
    ],
)
def test_placeholders_that_can_be_filled_in(text, format):
    assert content.lint(text, format) == ()


@pytest.mark.parametrize(
    ("text", "format", "place", "word"),
    [
        ("Hello,\n{firstname}", "plain", (7, 2, 1), "unknown placeholder {firstname}"),
        ("Hello, {FIRST_NAME|x}", "html", (7, 1, 8), "unknown placeholder {FIRST_NAME}"),
        ("Hello, { first_name }", "plain", (7, 1, 8), "has no spaces in it: {first_name}"),
        ("<b {name}>x</b>", "html", (3, 1, 4), "quoted address"),
        ("<a href={username}>x</a>", "html", (8, 1, 9), "quoted address"),
        ('<a href="{username}">x</a>', "html", (9, 1, 10), "quoted address"),
        ('<a href="https://{username}/">x</a>', "html", (17, 1, 18), "quoted address"),
        ('<code class="language-{name}">x</code>', "html", (22, 1, 23), "quoted address"),
        ("a &#{name};", "html", (4, 1, 5), "&amp;"),
        ("{name}<b>", "html", (6, 1, 7), "end tag"),
        ("{name|<b>}</b>", "html", (10, 1, 11), "Unexpected end tag"),
    ],
)
def test_placeholders_that_cannot(text, format, place, word):
    assert places(text, format) == [place]
    assert word in content.lint(text, format)[0].message


def test_every_unknown_placeholder_is_pointed_at():
    faults = content.lint("{a} {first_name} {b}", "plain")
    assert [fault.offset for fault in faults] == [0, 17]


@pytest.mark.parametrize("text", ["x" * 4033 + "{first_name}", "<b>{name}</b>" + "x" * 3968])
def test_the_longest_names_are_counted(text):
    (fault,) = content.lint(text, "html")
    assert "4097 characters with the longest names: Telegram allows 4096" in fault.message
    assert fault.offset is None


@pytest.mark.parametrize(("text", "faults"), [("{name}", 1), ("{name| }", 1), ("{name|x}", 0)])
def test_somebody_has_no_name(text, faults):
    found = content.lint(text, "plain")
    assert ["empty for people without a name" in fault.message for fault in found] == [
        True
    ] * faults


# Files and variants


def test_a_caption_is_shorter_and_may_be_empty():
    assert content.lint("", "plain", with_file=True) == ()
    assert content.lint("x" * 1024, "plain", with_file=True) == ()
    (fault,) = content.lint("x" * 1025, "plain", with_file=True)
    assert (fault.offset, "with a file Telegram allows 1024" in fault.message) == (1024, True)


def test_each_variant_has_its_own_faults():
    variants = {"ru": "<b>Привет", "pt-br": "Olá", "russian": "x", "de": ""}
    faults = content.lint_message("ok", "html", {}, variants)
    assert [(fault.field, fault.offset) for fault in faults] == [
        ("variants.ru", 0),
        ("variants.russian", None),
        ("variants.de", None),
    ]


def test_a_wrong_format_is_said_once():
    assert len(content.lint_message("x", "markdown", {}, {"ru": "x"})) == 1


def test_an_album_has_no_buttons():
    options = {"buttons": [[button()]]}
    (fault,) = content.lint_message("x", "plain", options, {}, ["photo", "video"])
    assert fault.field == "options.buttons"
    assert content.lint_message("x", "plain", options, {}, ["photo"]) == ()
