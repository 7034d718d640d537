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
from appliance.sandbox.people.messages import Destination
from appliance.sandbox.world.files import FOLDERS
from appliance.sandbox.world.model import ChatMessage, Person
from appliance.sandbox.world.world import World

B = TypeVar("B", bound=Body)


@dataclass(frozen=True, slots=True)
class Action(Generic[B]):
    """`perform` is given a checked `body` and returns the messages that it wrote."""

    body: type[B]
    perform: Callable[[World, Person, B], list[ChatMessage]]


def _start(world: World, person: Person, body: requests.Start) -> list[ChatMessage]:
    actions.start(world, person, body.payload)
    last = person.last()
    return [last] if last else []


def _send(world: World, person: Person, body: requests.SendText) -> list[ChatMessage]:
    return [people_messages.write_text(world, person, _destination(world, person, body), body.text)]


def _sender_of(kind: str) -> Action[requests.SendFile]:
    def send(world: World, person: Person, body: requests.SendFile) -> list[ChatMessage]:
        destination, file = _destination(world, person, body), _attachment(kind, body)
        return [people_messages.send_file(world, person, destination, file, body.caption)]

    return Action(requests.SendFile, send)


def _album(world: World, person: Person, body: requests.SendAlbum) -> list[ChatMessage]:
    files = [_attachment(file.kind, file) for file in body.files]
    destination = _destination(world, person, body)
    return people_messages.send_album(world, person, destination, files, body.caption)


def _edit(world: World, person: Person, body: requests.EditText) -> list[ChatMessage]:
    destination = _destination(world, person, body)
    people_messages.edit_text(world, person, destination, body.message_id, body.text)
    return []


def _delete(world: World, person: Person, body: requests.DeleteMessage) -> list[ChatMessage]:
    people_messages.delete(world, _destination(world, person, body), body.message_id)
    return []


def _react(world: World, person: Person, body: requests.React) -> list[ChatMessage]:
    destination = _destination(world, person, body)
    people_messages.react(world, person, destination, body.message_id, body.emoji or None)
    return []


def _press(world: World, person: Person, body: requests.PressButton) -> list[ChatMessage]:
    destination = _destination(world, person, body)
    actions.press(world, person, body.message_id, body.data, destination)
    return []


def _block(world: World, person: Person, body: requests.Block) -> list[ChatMessage]:
    actions.block(world, person, silent=body.silent)
    return []


def _unblock(world: World, person: Person, _body: requests.Nothing) -> list[ChatMessage]:
    actions.unblock(world, person)
    return []


def _deactivate(world: World, person: Person, _body: requests.Nothing) -> list[ChatMessage]:
    actions.deactivate(world, person)
    return []


def _destination(world: World, person: Person, body: InChat) -> Destination:
    return people_messages.find_destination(world, person, body.chat_id, body.thread, body.reply_to)


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
