"""The control API's acts of people: what each takes, and what it does."""

from collections.abc import Callable
from typing import Any

from appliance.errors import Invalid
from appliance.sandbox.control.requests import NewFile, integer, maybe, only, text
from appliance.sandbox.people import actions
from appliance.sandbox.people import messages as people_messages
from appliance.sandbox.people.messages import Place
from appliance.sandbox.world.files import FOLDERS
from appliance.sandbox.world.model import Person
from appliance.sandbox.world.world import World

Body = dict[str, Any]
Act = Callable[[World, Person, Body], list[int]]
"""It answers the ids of the messages that it wrote."""

_PLACE = ("chat_id", "thread", "reply_to")
_EMOJI_LIMIT = 16


def _place(world: World, person: Person, body: Body) -> Place:
    return people_messages.find_place(world, person, *(maybe(body, name) for name in _PLACE))


def _start(world: World, person: Person, body: Body) -> list[int]:
    actions.start(world, person, text(body, "payload", ""))
    last = person.last()
    return [last.message_id] if last else []


def _send(world: World, person: Person, body: Body) -> list[int]:
    only(body, ("text", *_PLACE))
    place = _place(world, person, body)
    return [people_messages.write_text(world, person, place, text(body, "text")).message_id]


def _sender_of(kind: str) -> Act:
    def send(world: World, person: Person, body: Body) -> list[int]:
        only(body, ("caption", *NewFile.NAMES, *_PLACE))
        place, file = _place(world, person, body), NewFile.read(body, kind)
        message = people_messages.send_file(world, person, place, file, text(body, "caption", ""))
        return [message.message_id]

    return send


def _album(world: World, person: Person, body: Body) -> list[int]:
    only(body, ("caption", "files", *_PLACE))
    listed = body.get("files")
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise Invalid("files: it takes an array of objects")
    files = [NewFile.read(item) for item in listed]
    place = _place(world, person, body)
    messages = people_messages.send_album(world, person, place, files, text(body, "caption", ""))
    return [message.message_id for message in messages]


def _edit(world: World, person: Person, body: Body) -> list[int]:
    place, message_id = _place(world, person, body), integer(body, "message_id")
    people_messages.edit_text(world, person, place, message_id, text(body, "text"))
    return []


def _delete(world: World, person: Person, body: Body) -> list[int]:
    people_messages.delete(world, _place(world, person, body), integer(body, "message_id"))
    return []


def _react(world: World, person: Person, body: Body) -> list[int]:
    emoji = text(body, "emoji", "")
    if len(emoji) > _EMOJI_LIMIT:
        raise Invalid("emoji: it takes one emoji, or nothing to take it away")
    place = _place(world, person, body)
    people_messages.react(world, person, place, integer(body, "message_id"), emoji or None)
    return []


def _press(world: World, person: Person, body: Body) -> list[int]:
    message_id, data = integer(body, "message_id"), text(body, "data")
    actions.press(world, person, message_id, data, _place(world, person, body))
    return []


def _block(world: World, person: Person, body: Body) -> list[int]:
    actions.block(world, person, silent=body.get("silent") is True)
    return []


def _unblock(world: World, person: Person, _body: Body) -> list[int]:
    actions.unblock(world, person)
    return []


def _deactivate(world: World, person: Person, _body: Body) -> list[int]:
    actions.deactivate(world, person)
    return []


ACTS: dict[str, Act] = {
    "start": _start,
    "send": _send,
    **{kind: _sender_of(kind) for kind in FOLDERS},
    "album": _album,
    "edit": _edit,
    "delete": _delete,
    "react": _react,
    "press": _press,
    "block": _block,
    "unblock": _unblock,
    "deactivate": _deactivate,
}
