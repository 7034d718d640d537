"""Keyboards have the shape and size the Bot API takes."""

import pytest

from appliance.bot import keyboards
from appliance.bot.handlers import build_router
from appliance.models import MAX_ID
from appliance.services.phrases import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_data_fits_and_has_a_handler(language):
    handlers = build_router().buttons
    for markup in (
        keyboards.languages(language),
        keyboards.restart(language),
        keyboards.topic_on(language, MAX_ID),
    ):
        for row in markup["inline_keyboard"]:
            for button in row:
                assert 1 <= len(button["callback_data"].encode()) <= 64
                assert button["callback_data"].partition(":")[0] in handlers


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_menu_has_two_labels_in_a_row(language):
    markup = keyboards.main_menu(language)
    assert [len(row) for row in markup["keyboard"]] == [2, 2]
    assert markup["resize_keyboard"] is True


def test_the_chosen_language_is_marked():
    labels = [row[0]["text"] for row in keyboards.languages("ru")["inline_keyboard"]]
    assert labels == ["English", "✓ Русский"]


def test_a_link_is_on_its_button():
    (row,) = keyboards.open_link("en", "https://example.org/link#x")["inline_keyboard"]
    assert row == [{"text": "🔗 Link my account", "url": "https://example.org/link#x"}]


@pytest.mark.parametrize(
    ("url", "can"),
    [("https://example.org", True), ("http://127.0.0.1:8080", False), ("http://host.lan", False)],
)
def test_telegram_opens_public_addresses_only(url, can):
    assert keyboards.can_open(url) is can
