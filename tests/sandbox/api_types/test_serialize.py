"""Messages in the Bot API's shape."""

from typing import Any

from appliance.sandbox.api_types.serialize import message_document
from appliance.sandbox.world.model import ChatMessage

BOLD = {"type": "bold", "offset": 0, "length": 2}
KEYBOARD = {"keyboard": [[{"text": "Yes"}]]}


def make(**fields: Any) -> ChatMessage:
    shared = {"message_id": 7, "from_bot": True, "date": 1_700_000_000, "text": "hi"}
    return ChatMessage(**{**shared, "entities": [BOLD], **fields})


def test_a_reply_keyboard_does_not_come_back(world, person):
    message = make(reply_markup=KEYBOARD)
    document = message_document(world, person, message)
    assert "reply_markup" not in document
    assert document["text"] == "hi"


def test_a_caption_is_no_text(world, person):
    document = {"file_id": "a", "file_unique_id": "b", "file_size": 1}
    message = make(media={"document": document})
    told = message_document(world, person, message)
    assert (told["caption"], told["caption_entities"]) == ("hi", [BOLD])
    assert "text" not in told
