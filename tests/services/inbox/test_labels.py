"""Codes in words."""

import pytest
from telebot.util import content_type_media

from appliance.services.i18n.phrases import PHRASES
from appliance.services.inbox.labels import in_words, reason_in_words, with_kinds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[photo × 3] the hall", "[фото × 3] the hall"),
        ("[voice]", "[голосовое сообщение]"),
        ("[message]", "[сообщение]"),
        ("[location] 1.5, 2", "[место на карте] 1.5, 2"),
        ("[hologram] x", "[hologram] x"),
        ("look: [photo]", "look: [photo]"),
        ("[", "["),
        ("", ""),
    ],
)
def test_a_kind_in_russian(text, words):
    assert in_words(text, "ru") == words


def test_in_english_codes_are_words_too():
    assert in_words("[video_note]", "en") == "[video message]"


def test_every_kind_of_message_has_a_word():
    service = {"successful_payment", "connected_website", "passport_data", "web_app_data", "text"}
    kinds = {*content_type_media, "message", "paid_media", "checklist", "rich_message"} - service
    assert {f"kind_{kind}" for kind in kinds} <= PHRASES.keys()


def test_reasons():
    assert reason_in_words("content", "ru") == "Telegram не принял сообщение"
    assert reason_in_words("new_to_us", "ru") == "new_to_us"


@pytest.mark.parametrize(
    ("kinds", "text", "shown"),
    [
        ([], "hi", "hi"),
        (["photo"], "", "[photo]"),
        (["photo", "video"], "x", "[photo × 2] x"),
    ],
)
def test_kinds_in_words(kinds, text, shown):
    assert with_kinds(kinds, text) == shown
