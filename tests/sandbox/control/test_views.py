"""What the control API shows of people, groups and messages."""

from typing import Any

from appliance.sandbox.control.views import PhoneMessage, SimulatedChat, SimulatedPerson
from appliance.sandbox.world.model import ChatMessage, Group, Member


def make(**fields: Any) -> ChatMessage:
    shared = {"message_id": 7, "from_bot": True, "date": 1_700_000_000, "text": "hi"}
    return ChatMessage(**{**shared, "entities": [], **fields})


def test_html_is_safe():
    assert PhoneMessage.of(make(text="<script>", entities=[])).html == "&lt;script&gt;"


def test_a_phone_shows_the_reply_keyboard():
    """Which the Bot API does not give back."""
    keyboard = {"keyboard": [[{"text": "Yes", "request_contact": True}]], "resize_keyboard": True}
    shown = PhoneMessage.of(make(reply_markup=keyboard))
    assert shown.model_dump(exclude_unset=True)["reply_markup"] == keyboard


def test_a_bot_takes_the_keyboard_away_with_anything_true():
    shown = PhoneMessage.of(make(reply_markup={"remove_keyboard": "yes"}))
    assert shown.reply_markup.remove_keyboard is True


def test_a_caption_is_no_text():
    document = {"file_id": "a", "file_unique_id": "b", "file_size": 1}
    bold = {"type": "bold", "offset": 0, "length": 2}
    shown = PhoneMessage.of(make(media={"document": document}, entities=[bold]))
    assert (shown.text, shown.caption, shown.html) == (None, "hi", "<b>hi</b>")
    assert shown.document.model_dump(exclude_unset=True) == document


def test_a_person_shows_the_last_words(person):
    assert SimulatedPerson.of(person).last_text is None
    person.messages = {7: make(), 8: make(message_id=8, text="gone", deleted=True)}
    assert SimulatedPerson.of(person).last_text == "hi"
    assert SimulatedPerson.of(person).messages == 2


def test_what_a_message_carries_besides():
    answered = {"message_id": 3, "text": "before"}
    extra = {
        "reply_to_message": answered,
        "media_group_id": "9",
        "forward_origin": {"type": "user"},
    }
    seen = PhoneMessage.of(make(extra=extra, thread=5, author=8, reactions={8: "👍"}))
    assert (seen.reply_to, seen.thread, seen.author) == (3, 5, 8)
    assert seen.media_group_id == "9"
    assert seen.other == {"forward_origin": {"type": "user"}}
    assert [(it.by, it.emoji) for it in seen.reactions] == [(8, "👍")]


def test_a_group_shows_people_and_the_bot_apart(world):
    members = {world.bot_id: Member("member"), 5: Member("creator")}
    seen = SimulatedChat.of(world, Group(-5, "group", "Club", members=members))
    [member] = seen.members
    assert (seen.bot, member.id, member.status) == ("member", 5, "creator")
