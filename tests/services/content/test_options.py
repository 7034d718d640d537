"""Buttons, switches and files: what Telegram takes of them."""

import pytest

from appliance.errors import NotFound
from appliance.services import content
from appliance.services.content.options import markup


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
        (button(url="https://a.example:65536"), "port"),
        (button(url="http://localhost"), "address"),
        (button(text="\u200b"), "text"),
        (button(url="https://a b.example"), "address"),
        (button(url=None), "address"),
        ({}, "text"),
    ],
)
def test_a_button_that_is_none_is_named(wrong, word):
    faults = content.lint_options({"buttons": [[button()], [button(), wrong]]})
    assert {fault.field for fault in faults} == {"options.buttons.1.1"}
    assert word in faults[0].message


def test_more_buttons_than_telegram_shows():
    assert content.lint_options({"buttons": [[button()] * 12] * 25}) == ()
    faults = content.lint_options({"buttons": [[button()] * 13, *[[button()] * 12] * 24]})
    assert [fault.field for fault in faults] == ["options.buttons.0", "options.buttons"]
    assert "12 buttons, not 13" in faults[0].message
    assert "300 buttons, not 301" in faults[1].message


# Topics


def test_a_button_may_end_a_topic():
    options = {"buttons": [[{"text": "No more", "topic_off": "news"}]]}
    assert content.lint_options(options) == ()
    resolved = content.with_topics(options, {"news": 7}.__getitem__)
    assert options["buttons"][0][0] == {"text": "No more", "topic_off": "news"}
    assert markup(resolved, 12) == {
        "reply_markup": {"inline_keyboard": [[{"text": "No more", "callback_data": "t:off:7:12"}]]}
    }


def test_the_longest_button_data_fits():
    button = {"text": "x", "topic_off": "news", "topic_id": 2**63 - 1}
    (((made,),),) = markup({"buttons": [[button]]}, 2**63 - 1)["reply_markup"].values()
    assert len(made["callback_data"]) <= 64


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": "x", "topic_off": ""},
        {"text": "x", "topic_off": 5},
        {"text": "x", "topic_off": "news", "url": "https://a.example"},
    ],
)
def test_a_button_that_ends_no_topic(wrong):
    (fault,) = content.lint_options({"buttons": [[wrong]]})
    assert fault.field == "options.buttons.0.0"


def test_an_unknown_topic_is_the_finders_affair():
    def find(name):
        raise NotFound(name)

    with pytest.raises(NotFound):
        content.with_topics({"buttons": [[{"text": "x", "topic_off": "gone"}]]}, find)
    assert content.with_topics({"silent": True}, find) == {"silent": True}


# Files


@pytest.mark.parametrize(
    "kinds",
    [
        [],
        ["photo"],
        ["document"],
        ["photo", "video"],
        ["document"] * 10,
        ["photo"] * 10,
    ],
)
def test_files_that_go_together(kinds):
    assert content.lint_media(kinds, {}) == ()


@pytest.mark.parametrize(
    ("kinds", "word"),
    [(["photo"] * 11, "2 to 10 files, not 11"), (["photo", "document"], "documents only")],
)
def test_files_that_do_not(kinds, word):
    (fault,) = content.lint_media(kinds, {})
    assert fault.field == "media"
    assert word in fault.message
