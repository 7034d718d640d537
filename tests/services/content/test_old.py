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
    assert "4097 characters after parsing: Telegram takes 4096" in fault.message


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


def test_a_format_nobody_knows():
    assert content.lint("x", "markdown") == (
        Fault("format", "format is 'markdown': it takes plain or html"),
    )


# Options


def button(text="Go", url="https://a.example"):
    return {"text": text, "url": url}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"silent": True, "protected": False, "link_preview": False},
        {"buttons": None},
        {"buttons": [[button(), button("x" * 64)], [button("Я", "tg://resolve?domain=x")]]},
        {"buttons": [[button(url="http://a.example:8080/?q=1#x")]]},
    ],
)
def test_options_that_are_taken(options):
    assert content.lint_options(options) == ()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (button(text=""), "text"),
        (button(text="  "), "text"),
        (button(text="x" * 65), "text"),
        (button(text=5), "text"),
        (button(url=""), "address"),
        (button(url="javascript:alert(1)"), "address"),
        (button(url="a.example"), "address"),
        (button(url="https://"), "address"),
        (button(url="https://a b.example"), "address"),
        (button(url=None), "address"),
        ({}, "text"),
    ],
)
def test_a_button_that_is_none_is_named(wrong, word):
    faults = content.lint_options({"buttons": [[button()], [button(), wrong]]})
    assert {fault.field for fault in faults} == {"options.buttons.1.1"}
    assert word in faults[0].message


def test_every_fault_is_listed():
    options = {"loud": True, "buttons": [[button(text="", url="")]]}
    with pytest.raises(Invalid) as caught:
        content.check("<b>", "html", options)
    fields = [fault.field for fault in caught.value.faults]
    assert fields == ["text", "options.loud", "options.buttons.0.0", "options.buttons.0.0"]
    assert str(caught.value) == caught.value.faults[0].message


# Composing and showing


def test_a_plain_message_is_only_its_text():
    assert content.compose("a < b", "plain", {}) == ("sendMessage", {"text": "a < b"})


def test_everything_that_can_be_asked_for():
    options = {"silent": True, "protected": True, "link_preview": False, "buttons": [[button()]]}
    assert content.compose("<b>x</b>", "html", options) == (
        "sendMessage",
        {
            "text": "<b>x</b>",
            "parse_mode": "HTML",
            "disable_notification": True,
            "protect_content": True,
            "link_preview_options": {"is_disabled": True},
            "reply_markup": {"inline_keyboard": [[button()]]},
        },
    )


def test_switches_that_are_off_are_not_sent():
    options = {"silent": False, "protected": False, "link_preview": True, "buttons": []}
    assert content.compose("x", "plain", options)[1] == {"text": "x"}


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
