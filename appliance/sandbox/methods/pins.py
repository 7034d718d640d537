"""Messages at the top of a chat."""

from appliance.sandbox.api_types.serialize import message_document, without_reply
from appliance.sandbox.api_types.targets import check_right, message_of, reachable_chat
from appliance.sandbox.people.groups import announce
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.model import CHANNEL, Chat, Group
from appliance.sandbox.world.world import World

_NO_RIGHT = "Not enough rights to manage pinned messages in the chat"


def pin_chat_message(world: World, parameters: Parameters) -> bool:
    chat = _pinning_chat(world, parameters)
    message = message_of(chat, parameters, "pin")
    if message.is_service:
        raise bad_request("Message can't be pinned")
    if message.message_id in chat.pinned:
        raise bad_request("CHAT_NOT_MODIFIED")
    world.state.commit("pin", chat_id=chat.id, message_id=message.message_id, on=True)
    if isinstance(chat, Group):
        pinned = without_reply(message_document(world, chat, message))
        announce(world, chat, world.bot_id, {"pinned_message": pinned}, thread=message.thread)
    return True


def unpin_chat_message(world: World, parameters: Parameters) -> bool:
    """Without a `message_id` the one that was pinned last."""
    chat = _pinning_chat(world, parameters)
    if "message_id" not in parameters.values:
        number = chat.pinned[-1] if chat.pinned else 0
    else:
        number = message_of(chat, parameters, "unpin").message_id
    if number not in chat.pinned:
        raise bad_request("Message to unpin not found")
    world.state.commit("pin", chat_id=chat.id, message_id=number, on=False)
    return True


def unpin_all_chat_messages(world: World, parameters: Parameters) -> bool:
    chat = _pinning_chat(world, parameters)
    world.state.commit("pin", chat_id=chat.id, message_id=None, on=False)
    return True


def _pinning_chat(world: World, parameters: Parameters) -> Chat:
    chat = reachable_chat(world, parameters)
    channel = isinstance(chat, Group) and chat.type == CHANNEL
    check_right(world, chat, "can_edit_messages" if channel else "can_pin_messages", _NO_RIGHT)
    return chat
