"""What Telegram finds in a text by itself."""

import pytest

from appliance.sandbox.api_types.entity_detection import add_detected
from appliance.telegram.entities import Entity


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start", [("bot_command", "/start")]),
        ("/start@my_bot now", [("bot_command", "/start@my_bot")]),
        ("a/b and 1/2", []),
        ("see https://e.com/a?b=c, or e.com!", [("url", "https://e.com/a?b=c"), ("url", "e.com")]),
        ("write to anna@example.com", [("email", "anna@example.com")]),
        ("@anna and a@b", [("mention", "@anna")]),
        ("#клуб #1 #a1", [("hashtag", "#клуб"), ("hashtag", "#a1")]),
        ("nothing", []),
    ],
)
def test_finds(text, found):
    entities = add_detected(text, ())
    assert [(entity.type, text[entity.offset : entity.end]) for entity in entities] == found


def test_nothing_is_looked_for_in_code_and_links():
    code = Entity("code", 0, 6)
    assert add_detected("/start", (code,)) == (code,)


def test_nothing_crosses_formatting():
    crossing, inside = Entity("bold", 3, 9), Entity("bold", 0, 3)
    assert add_detected("/start now", (crossing,)) == (crossing,)
    assert add_detected("/start", (inside,)) == (Entity("bot_command", 0, 6), inside)
