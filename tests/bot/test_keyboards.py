"""Keyboards have the shape and size the Bot API takes."""

import pytest

from appliance.bot import keyboards
from appliance.bot.handlers import build_router
from appliance.languages import LANGUAGES
from appliance.models import MAX_ID, Chat, Topic
from appliance.services.chats.topics import Choice


@pytest.mark.parametrize("language", LANGUAGES)
def test_data_fits_and_has_a_handler(language):
    handlers = build_router().buttons
    for markup in (
        keyboards.languages(language),
        keyboards.restart(language),
        keyboards.topic_on(language, MAX_ID),
        keyboards.topics(language, [Choice(Topic(id=MAX_ID, title="News"), False)]),
        keyboards.quiet(language, None),
        keyboards.confirm(language, "n" * 12, "1000000"),
        keyboards.cancel(language, "n" * 12),
        keyboards.approve([Chat(id=-MAX_ID, title="Choir")]),
    ):
        for row in markup["inline_keyboard"]:
            for button in row:
                assert 1 <= len(button["callback_data"].encode()) <= 64
                assert button["callback_data"].partition(":")[0] in handlers


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_menu_has_two_labels_in_a_row(language):
    markup = keyboards.main_menu(language)
    assert [len(row) for row in markup["keyboard"]] == [2, 2, 2]
    assert (markup["resize_keyboard"], markup["is_persistent"]) == (True, True)


def test_the_chosen_language_is_marked():
    labels = [row[0]["text"] for row in keyboards.languages("ru")["inline_keyboard"]]
    assert labels == ["English", "✓ Русский"]


def test_topics_say_how_they_stand():
    news, chess = Topic(id=1, title="News", title_ru="Новости"), Topic(id=2, title="Chess")
    markup = keyboards.topics("ru", [Choice(news, True), Choice(chess, False)])
    assert [row[0] for row in markup["inline_keyboard"]] == [
        {"text": "✅ Новости", "callback_data": "toggle:off:1"},
        {"text": "▫️ Chess", "callback_data": "toggle:on:2"},
    ]


def test_no_more_buttons_than_telegram_takes():
    many = [Choice(Topic(id=n, title="x"), True) for n in range(200)]
    assert len(keyboards.topics("en", many)["inline_keyboard"]) <= 100


def test_quiet_marks_what_is_chosen():
    def marked(chosen):
        rows = keyboards.quiet("en", chosen)["inline_keyboard"]
        return [row[0]["callback_data"] for row in rows if row[0]["text"].startswith("✓")]

    assert marked(None) == ["quiet:off"]
    assert marked("22:00-08:00") == ["quiet:night"]
    assert marked("always") == ["quiet:always"]
    assert marked("23:00-07:00") == []


def test_a_long_name_is_cut():
    ((yes, _),) = keyboards.approve([Chat(id=-5, title="x" * 255)])["inline_keyboard"]
    assert yes["text"] == f"✅ {'x' * 40}…"


def test_a_link_is_on_its_button():
    (row,) = keyboards.open_link("en", "https://example.org/link#x")["inline_keyboard"]
    assert row == [{"text": "🔗 Link my account", "url": "https://example.org/link#x"}]


@pytest.mark.parametrize(
    ("url", "can"),
    [("https://example.org", True), ("http://127.0.0.1:8080", False), ("http://host.lan", False)],
)
def test_telegram_opens_public_addresses_only(url, can):
    assert keyboards.can_open(url) is can
