"""What the control API shows of people, groups and messages."""

from typing import Any

from appliance.sandbox.control.views import group_view, message_view, person_view
from appliance.sandbox.world.model import Group, Member, Message, Person
from appliance.sandbox.world.world import World


def make(**fields: Any) -> Message:
    shared = {"message_id": 7, "from_bot": True, "date": 1_700_000_000, "text": "hi"}
    return Message(**{**shared, "entities": [], **fields})


def test_html_is_safe() -> None:
    assert message_view(make(text="<script>", entities=[]))["html"] == "&lt;script&gt;"


def test_a_person_shows_the_last_words(person: Person) -> None:
    assert person_view(person)["last_text"] is None
    person.messages = {7: make(), 8: make(message_id=8, text="gone", deleted=True)}
    assert person_view(person)["last_text"] == "hi"
    assert person_view(person)["messages"] == 2


def test_what_a_message_carries_besides() -> None:
    answered = {"message_id": 3, "text": "before"}
    extra = {
        "reply_to_message": answered,
        "media_group_id": "9",
        "forward_origin": {"type": "user"},
    }
    seen = message_view(make(extra=extra, thread=5, author=8, reactions={8: "👍"}))
    assert (seen["reply_to"], seen["thread"], seen["author"]) == (3, 5, 8)
    assert seen["media_group_id"] == "9"
    assert seen["other"] == {"forward_origin": {"type": "user"}}
    assert seen["reactions"] == [{"by": 8, "emoji": "👍"}]


def test_a_group_shows_people_and_the_bot_apart(world: World) -> None:
    members = {world.bot_id: Member("member"), 5: Member("creator")}
    seen = group_view(world, Group(-5, "group", "Club", members=members))
    assert (seen["bot"], seen["members"]) == ("member", [{"id": 5, "status": "creator"}])
