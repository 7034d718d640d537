"""Whom and what a call addresses."""

import pytest

from appliance.sandbox.api_types.targets import chat_of, message_of, reachable_chat, replied_message
from appliance.sandbox.protocol.errors import ApiError
from appliance.sandbox.protocol.parameters import Parameters


def test_ids_and_usernames(world, person):
    person.username = "Anna"
    for chat_id in (person.id, str(person.id), f" {person.id} ", "@anna"):
        assert chat_of(world, Parameters({"chat_id": chat_id})) is person


@pytest.mark.parametrize("chat_id", [0, -5, "x", "@", "1e5", 2**70])
def test_nobody(world, person, chat_id):
    with pytest.raises(ApiError, match="Bad Request: chat not found"):
        chat_of(world, Parameters({"chat_id": chat_id}))


def test_who_can_be_reached(world, person):
    chat = Parameters({"chat_id": person.id})
    assert reachable_chat(world, chat) is person
    person.started = False
    with pytest.raises(ApiError, match="can't initiate conversation with a user"):
        reachable_chat(world, chat)
    person.blocked = True
    with pytest.raises(ApiError, match="bot was blocked by the user"):
        reachable_chat(world, chat)


def test_messages(person):
    with pytest.raises(ApiError, match="message identifier is not specified"):
        message_of(person, Parameters({}), "edit")
    with pytest.raises(ApiError, match="message to delete not found"):
        message_of(person, Parameters({"message_id": 5}), "delete")


@pytest.mark.parametrize("reply", ["[", "[]", "5"])
def test_reply_parameters_of_another_shape(person, reply):
    with pytest.raises(ApiError, match="reply parameters"):
        replied_message(person, Parameters({"reply_parameters": reply}))
