"""The bot's own reactions."""

import pytest


def test_one_and_then_none(api):
    person = api.person()
    [said] = api.act(person, "send", text="hello")["wrote"]
    place = {"chat_id": person, "message_id": said}
    api.call("setMessageReaction", **place, reaction=[{"type": "emoji", "emoji": "❤️"}])
    assert api.messages(person)[-1]["reactions"] == [{"by": 100001, "emoji": "❤️"}]
    api.call("setMessageReaction", **place)
    assert api.messages(person)[-1]["reactions"] == []


@pytest.mark.parametrize(
    ("reaction", "description"),
    [
        ([{"type": "emoji", "emoji": "🦆"}], "REACTION_INVALID"),
        ([{"type": "paid"}], "can't parse ReactionType: invalid reaction type specified"),
        ([{"type": "emoji", "emoji": "👍"}] * 2, "REACTIONS_TOO_MANY"),
        ("[", "can't parse reaction types JSON object"),
        ({"type": "emoji"}, "expected an Array of ReactionType"),
        (["👍"], "can't parse ReactionType: expected an Object"),
    ],
)
def test_refusals(api, reaction, description):
    person = api.person()
    sent = api.call("sendMessage", chat_id=person, text="x")["message_id"]
    place = {"chat_id": person, "message_id": sent}
    error = api.refused("setMessageReaction", **place, reaction=reaction)
    assert error.description == f"Bad Request: {description}"


def test_a_message_that_is_not_there(api):
    error = api.refused("setMessageReaction", chat_id=api.person(), message_id=10**6)
    assert error.description == "Bad Request: message to react not found"
