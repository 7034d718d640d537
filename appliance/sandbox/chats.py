"""Whom a call addresses, and whether the bot may write there."""

from typing import Any

from appliance.sandbox.answers import bad_request, forbidden
from appliance.sandbox.parameters import Parameters
from appliance.sandbox.state import Message, Person
from appliance.sandbox.world import World


def person_of(world: World, parameters: Parameters) -> Person:
    """Whom `chat_id` names. Raises ApiError."""
    value = parameters.text("chat_id").strip()
    if not value:
        raise bad_request("Chat_id is empty")
    person = None
    if value.startswith("@"):
        person = world.state.person_by_name(value[1:])
    elif (number := parameters.number("chat_id")) is not None:
        person = world.state.people.get(number)
    if person is None:
        raise bad_request("Chat not found")
    return person


def reachable_person(world: World, parameters: Parameters) -> Person:
    """Whom `chat_id` names, if the bot may write to them. Raises ApiError."""
    person = person_of(world, parameters)
    if person.blocked:
        raise forbidden("Bot was blocked by the user")
    if not person.started:
        raise forbidden("Bot can't initiate conversation with a user")
    return person


def message_of(person: Person, parameters: Parameters, purpose: str) -> Message:
    """Which message `message_id` names. Raises ApiError: `message to edit not found`."""
    message_id = parameters.integer("message_id")
    if message_id <= 0:
        raise bad_request("Message identifier is not specified")
    message = person.messages.get(message_id)
    if message is None or message.deleted:
        raise bad_request(f"Message to {purpose} not found")
    return message


def replied_message(person: Person, parameters: Parameters) -> Message | None:
    """The message that `reply_parameters` (or the older parameter) names. Raises ApiError."""
    reply: Any = parameters.json("reply_parameters", "Can't parse reply parameters JSON object")
    if reply is not None and not isinstance(reply, dict):
        raise bad_request("Object expected as reply parameters")
    wanted = reply.get("message_id") if reply else parameters.integer("reply_to_message_id")
    if not wanted:
        return None
    message = person.messages.get(int(wanted)) if str(wanted).isdigit() else None
    if message and not message.deleted:
        return message
    lenient = reply.get("allow_sending_without_reply") if reply else False
    if lenient or parameters.flag("allow_sending_without_reply"):
        return None
    raise bad_request("Message to be replied not found")
