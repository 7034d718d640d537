"""What people do, as the control API offers it: the body of each action, and its effect."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from appliance.errors import Invalid
from appliance.sandbox.control import requests
from appliance.sandbox.control.requests import Body, FileFields, InChat
from appliance.sandbox.people import actions
from appliance.sandbox.people import messages as people_messages
from appliance.sandbox.people.attachments import Attachment
from appliance.sandbox.people.messages import Place
from appliance.sandbox.world.files import FOLDERS
from appliance.sandbox.world.model import Message, Person
from appliance.sandbox.world.world import World

B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Action(Generic[B]):
    """`perform` is given a checked `body` and returns the messages that it wrote."""

    body: type[B]
    perform: Callable[[World, Person, B], list[Message]]


def _start(world: World, person: Person, body: requests.Start) -> list[Message]:
    actions.start(world, person, body.payload)
    last = person.last()
    return [last] if last else []


def _send(world: World, person: Person, body: requests.SendText) -> list[Message]:
    return [people_messages.write_text(world, person, _place(world, person, body), body.text)]


def _sender_of(kind: str) -> Action[requests.SendFile]:
    def send(world: World, person: Person, body: requests.SendFile) -> list[Message]:
        place, file = _place(world, person, body), _attachment(kind, body)
        return [people_messages.send_file(world, person, place, file, body.caption)]

    return Action(requests.SendFile, send)


def _album(world: World, person: Person, body: requests.SendAlbum) -> list[Message]:
    files = [_attachment(file.kind, file) for file in body.files]
    place = _place(world, person, body)
    return people_messages.send_album(world, person, place, files, body.caption)


def _edit(world: World, person: Person, body: requests.EditText) -> list[Message]:
    place = _place(world, person, body)
    people_messages.edit_text(world, person, place, body.message_id, body.text)
    return []


def _delete(world: World, person: Person, body: requests.DeleteMessage) -> list[Message]:
    people_messages.delete(world, _place(world, person, body), body.message_id)
    return []


def _react(world: World, person: Person, body: requests.React) -> list[Message]:
    place = _place(world, person, body)
    people_messages.react(world, person, place, body.message_id, body.emoji or None)
    return []


def _press(world: World, person: Person, body: requests.PressButton) -> list[Message]:
    place = _place(world, person, body)
    actions.press(world, person, body.message_id, body.data, place)
    return []


def _block(world: World, person: Person, body: requests.Block) -> list[Message]:
    actions.block(world, person, silent=body.silent)
    return []


def _unblock(world: World, person: Person, _body: requests.Nothing) -> list[Message]:
    actions.unblock(world, person)
    return []


def _deactivate(world: World, person: Person, _body: requests.Nothing) -> list[Message]:
    actions.deactivate(world, person)
    return []


def _place(world: World, person: Person, body: InChat) -> Place:
    return people_messages.find_place(world, person, body.chat_id, body.thread, body.reply_to)


def _attachment(kind: str, file: FileFields) -> Attachment:
    try:
        content = base64.b64decode(file.content, validate=True)
    except binascii.Error:
        raise Invalid("invalid content: expected a file in base64") from None
    about = file.model_dump(include=set(Attachment.ABOUT), exclude_none=True)
    return Attachment(kind, content, file.size, file.name, file.mime, about)


ACTIONS: dict[str, Action[Any]] = {
    "start": Action(requests.Start, _start),
    "send": Action(requests.SendText, _send),
    **{kind: _sender_of(kind) for kind in FOLDERS},
    "album": Action(requests.SendAlbum, _album),
    "edit": Action(requests.EditText, _edit),
    "delete": Action(requests.DeleteMessage, _delete),
    "react": Action(requests.React, _react),
    "press": Action(requests.PressButton, _press),
    "block": Action(requests.Block, _block),
    "unblock": Action(requests.Nothing, _unblock),
    "deactivate": Action(requests.Nothing, _deactivate),
}
