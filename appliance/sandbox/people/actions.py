"""What a simulated person can do with the bot. Each action reaches it as an update."""

import re
import secrets
from typing import Any

from appliance.errors import Conflict, Invalid
from appliance.sandbox.api_types.serialize import (
    chat_document,
    message_document,
    private_member,
    user_document,
)
from appliance.sandbox.people.messages import Destination, find_message, write_text
from appliance.sandbox.world.model import Callback, ChatMessage, Person, person_fields
from appliance.sandbox.world.state import now
from appliance.sandbox.world.world import World

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")


def start(world: World, person: Person, payload: str = "") -> None:
    """Press Start, with the payload of a deep link. That also unblocks the bot."""
    if not _PAYLOAD.fullmatch(payload):
        raise Invalid("invalid payload: expected up to 64 letters, digits, _ and -")
    unblock(world, person)
    type_text(world, person, f"/start {payload}".rstrip())


def type_text(world: World, person: Person, text: str) -> ChatMessage:
    """Write to the bot alone."""
    return write_text(world, person, Destination(person), text)


def press(
    world: World, person: Person, message_id: int, data: str, destination: Destination | None = None
) -> Callback:
    """Press a button under one of the bot's messages."""
    chat = destination.chat if destination else person
    message = find_message(chat, message_id)
    if data not in _callback_data(message):
        raise Conflict(f"message {message_id} has no button with the data {data!r}")
    if chat is person and person.blocked:
        raise Conflict("this person has blocked the bot: unblock it first")
    callback: Callback = world.state.commit(
        "callback",
        id=str(secrets.randbits(62)),
        person=person.id,
        data=data,
        at=world.clock(),
    )
    query = {
        "id": callback.id,
        "from": user_document(person),
        "message": message_document(world, chat, message),
        "chat_instance": str(-chat.id),
        "data": data,
    }
    world.state.add_update("callback_query", query)
    return callback


def block(world: World, person: Person, *, silent: bool = False) -> None:
    """Block the bot. `silent`: without an update, which Telegram drops after a day."""
    _set_blocked(world, person, True, silent)


def unblock(world: World, person: Person) -> None:
    _set_blocked(world, person, False)


def deactivate(world: World, person: Person) -> None:
    """Delete the account. The bot gets no update of that, as with Telegram."""
    change(world, person, deactivated=True)


def change(world: World, person: Person, **fields: Any) -> None:
    world.state.commit("person", person={**person_fields(person), **fields})


def _set_blocked(world: World, person: Person, blocked: bool, silent: bool = False) -> None:
    if person.blocked == blocked:
        return
    change(world, person, blocked=blocked)
    if silent:
        return
    before, after = ("member", "kicked") if blocked else ("kicked", "member")
    world.state.add_update(
        "my_chat_member",
        {
            "chat": chat_document(person),
            "from": user_document(person),
            "date": now(),
            "old_chat_member": private_member(world, world.bot_id, before),
            "new_chat_member": private_member(world, world.bot_id, after),
        },
    )


def _callback_data(message: ChatMessage) -> set[str]:
    rows = (message.reply_markup or {}).get("inline_keyboard", [])
    return {button["callback_data"] for row in rows for button in row if "callback_data" in button}
