"""What a simulated person can do; each act reaches the bot as an update."""

import re
import secrets
from typing import Any

from appliance.errors import Conflict, Invalid, NotFound
from appliance.sandbox.content import Content
from appliance.sandbox.detection import add_detected
from appliance.sandbox.documents import chat_document, message_document, user_document
from appliance.sandbox.state import Callback, Message, Person, now, person_fields
from appliance.sandbox.world import World
from appliance.services.telegram_entities import canonical, to_utf16

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{0,64}")
_TEXT_LIMIT = 4096


def start(world: World, person: Person, payload: str = "") -> None:
    """Press Start (of a deep link). Who has blocked the bot unblocks it by that."""
    if not _PAYLOAD.fullmatch(payload):
        raise Invalid("payload: it takes up to 64 letters, digits, _ and -")
    unblock(world, person)
    type_text(world, person, f"/start {payload}".rstrip())


def type_text(world: World, person: Person, text: str) -> Message:
    """Write to the bot, or press a button of a reply keyboard, which is the same."""
    if person.blocked:
        raise Conflict("this person has blocked the bot: unblock it first")
    text, entities = canonical(text, ())
    if not text or len(text) > _TEXT_LIMIT:
        raise Invalid(f"text: it takes 1 to {_TEXT_LIMIT} characters")
    if not person.started:
        change(world, person, started=True)
    found = to_utf16(text, add_detected(text, entities))
    return _say(world, person, Content(text, [entity.as_dict() for entity in found]))


def press(world: World, person: Person, message_id: int, data: str) -> Callback:
    """Press a button under one of the bot's messages."""
    message = person.messages.get(message_id)
    if message is None or message.deleted:
        raise NotFound(f"there is no message {message_id} in this chat")
    if data not in _callback_data(message):
        raise Conflict(f"message {message_id} has no button with the data {data!r}")
    if person.blocked:
        raise Conflict("this person has blocked the bot: unblock it first")
    callback: Callback = world.state.commit(
        "callback", id=str(secrets.randbits(62)), person=person.id, data=data
    )
    query = {
        "id": callback.id,
        "from": user_document(person),
        "message": message_document(world, person, message),
        "chat_instance": str(-person.id),
        "data": data,
    }
    world.state.add_update("callback_query", query)
    return callback


def block(world: World, person: Person, *, silent: bool = False) -> None:
    """Block the bot. `silent`: no update tells of it, as when it was off for over a day."""
    _set_blocked(world, person, True, silent)


def unblock(world: World, person: Person) -> None:
    _set_blocked(world, person, False)


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
            "old_chat_member": _membership(world, before),
            "new_chat_member": _membership(world, after),
        },
    )


def _membership(world: World, status: str) -> dict[str, Any]:
    member = {"user": world.bot(), "status": status}
    return {**member, "until_date": 0} if status == "kicked" else member


def _say(world: World, person: Person, content: Content) -> Message:
    fields = {
        "message_id": world.state.next_message_id(),
        "from_bot": False,
        "date": now(),
        "text": content.text,
        "entities": content.entities,
    }
    message: Message = world.state.commit("message", chat_id=person.id, message=fields)
    world.state.add_update("message", message_document(world, person, message))
    return message


def _callback_data(message: Message) -> set[str]:
    rows = (message.reply_markup or {}).get("inline_keyboard", [])
    return {button["callback_data"] for row in rows for button in row if "callback_data" in button}
