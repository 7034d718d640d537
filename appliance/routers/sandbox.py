"""A way to the simulator's control API for whoever is logged in; in sandbox mode only.

A browser may not reach the simulator itself: it listens on loopback, on a port of its own. So every
request is checked here by the simulator's own models and then made again.
"""

from collections.abc import Callable
from typing import get_args

import requests
from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError

from appliance.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable, localized
from appliance.routers.api import context, validation
from appliance.routers.api.endpoints import Access, Endpoint, endpoint, read_body
from appliance.sandbox.control.requests import (
    Block,
    BotStatus,
    ByMember,
    CallbacksQuery,
    ChatMessagesQuery,
    ChatTitle,
    CommandsQuery,
    DeleteMessage,
    EditText,
    FloodLimits,
    MediaKind,
    MembersStatus,
    MessagesQuery,
    NewPeople,
    NewSimulatedChat,
    NewSimulatedFault,
    PeopleQuery,
    PressButton,
    React,
    RecordQuery,
    SendAlbum,
    SendFile,
    SendText,
    Start,
    TopicName,
)
from appliance.sandbox.control.views import (
    ActingPerson,
    AddedPeople,
    CallbackAnswers,
    CommandMenu,
    FloodState,
    PhoneMessages,
    SandboxRecord,
    SandboxStats,
    SimulatedChat,
    SimulatedChats,
    SimulatedFault,
    SimulatedFaults,
    SimulatedPeople,
)

blueprint = Blueprint("sandbox", __name__)

_SECONDS = 30  # making thousands of people takes a few
_PERSON = "/people/<int:person_id>"
_CHAT = "/chats/<int(signed=True):chat_id>"
_MEDIA_KIND = f"any({', '.join(get_args(MediaKind))})"
_GONE = (404, 503)
_REFUSED = (404, 409, 503)
_ERRORS = {400: Invalid, 403: Forbidden, 404: NotFound, 409: Conflict}


def _or_empty(model: type[BaseModel]) -> Callable[[], BaseModel]:
    """The reader of a body that may be left out, as the simulator reads it."""

    def read() -> BaseModel:
        if request.get_data():
            return read_body(model)  # type: ignore[no-any-return]
        try:
            return model()
        except ValidationError as error:
            raise validation.bad_body(error) from None

    return read


def _read_people() -> BaseModel:
    return _or_empty(NewPeople.kind_of(request.get_data()))()


def _action(body: type[BaseModel]) -> Endpoint:
    """What all actions of people declare."""
    return endpoint(
        Access.MEMBER,
        body=body,
        body_reader=_or_empty(body),
        response=ActingPerson,
        errors=_REFUSED,
    )


def _chat_change(body: type[BaseModel], status: int = 200) -> Endpoint:
    """What all changes of a group or channel declare."""
    return endpoint(
        Access.MEMBER,
        body=body,
        body_reader=_or_empty(body),
        response=SimulatedChat,
        status=status,
        errors=_REFUSED,
    )


@blueprint.get("/people")
@endpoint(Access.MEMBER, query=PeopleQuery, response=SimulatedPeople, errors=(503,))
def list_people(query: PeopleQuery) -> Response:
    """Simulated people."""
    return _forward()


@blueprint.post("/people")
@endpoint(
    Access.MEMBER,
    body=NewPeople,
    body_reader=_read_people,
    response=AddedPeople,
    status=201,
    errors=(503,),
)
def add_people(body: BaseModel) -> Response:
    """Make one person, or `count` of them."""
    return _forward(body)


@blueprint.get(f"{_PERSON}/messages")
@endpoint(Access.MEMBER, query=MessagesQuery, response=PhoneMessages, errors=_GONE)
def list_person_messages(person_id: int, query: MessagesQuery) -> Response:
    """What stands on a person's phone."""
    return _forward()


@blueprint.get(f"{_PERSON}/commands")
@endpoint(Access.MEMBER, query=CommandsQuery, response=CommandMenu, errors=_GONE)
def list_person_commands(person_id: int, query: CommandsQuery) -> Response:
    """The bot's commands as this person's menu shows them."""
    return _forward()


@blueprint.post(f"{_PERSON}/start")
@_action(Start)
def press_start(person_id: int, body: Start) -> Response:
    """Press Start, with what a deep link carries."""
    return _forward(body)


@blueprint.post(f"{_PERSON}/send")
@_action(SendText)
def send_text(person_id: int, body: SendText) -> Response:
    """Write to the bot, or in a group or channel."""
    return _forward(body)


@blueprint.post(f"{_PERSON}/<{_MEDIA_KIND}:kind>")
@_action(SendFile)
def send_file(person_id: int, kind: str, body: SendFile) -> Response:
    """Send a file."""
    return _forward(body)


@blueprint.post(f"{_PERSON}/album")
@_action(SendAlbum)
def send_album(person_id: int, body: SendAlbum) -> Response:
    """Send several files as one."""
    return _forward(body)


@blueprint.post(f"{_PERSON}/edit")
@_action(EditText)
def edit_sent_text(person_id: int, body: EditText) -> Response:
    """Change what this person has written."""
    return _forward(body)


@blueprint.post(f"{_PERSON}/delete")
@_action(DeleteMessage)
def delete_message(person_id: int, body: DeleteMessage) -> Response:
    """Delete a message; nothing tells the bot of it."""
    return _forward(body)


@blueprint.post(f"{_PERSON}/react")
@_action(React)
def react(person_id: int, body: React) -> Response:
    """Put an emoji to a message, or take it away."""
    return _forward(body)


@blueprint.post(f"{_PERSON}/press")
@_action(PressButton)
def press_button(person_id: int, body: PressButton) -> Response:
    """Press a button under one of the bot's messages."""
    return _forward(body)


@blueprint.post(f"{_PERSON}/block")
@_action(Block)
def block_bot(person_id: int, body: Block) -> Response:
    """Block the bot."""
    return _forward(body)


@blueprint.post(f"{_PERSON}/<any(unblock, deactivate):action>")
@endpoint(Access.MEMBER, response=ActingPerson, errors=_REFUSED)
def unblock_or_deactivate(person_id: int, action: str) -> Response:
    """Unblock the bot, or delete the account."""
    return _forward()


@blueprint.get("/chats")
@endpoint(Access.MEMBER, response=SimulatedChats, errors=(503,))
def list_sandbox_chats() -> Response:
    """Simulated groups and channels."""
    return _forward()


@blueprint.post("/chats")
@endpoint(
    Access.MEMBER,
    body=NewSimulatedChat,
    body_reader=_or_empty(NewSimulatedChat),
    response=SimulatedChat,
    status=201,
    errors=_GONE,
)
def add_sandbox_chat(body: NewSimulatedChat) -> Response:
    """Make a group or channel."""
    return _forward(body)


@blueprint.get(_CHAT)
@endpoint(Access.MEMBER, response=SimulatedChat, errors=_GONE)
def show_sandbox_chat(chat_id: int) -> Response:
    """One group or channel with its members and topics."""
    return _forward()


@blueprint.get(f"{_CHAT}/messages")
@endpoint(Access.MEMBER, query=ChatMessagesQuery, response=PhoneMessages, errors=_GONE)
def list_sandbox_chat_messages(chat_id: int, query: ChatMessagesQuery) -> Response:
    """What stands in a group or channel."""
    return _forward()


@blueprint.post(f"{_CHAT}/bot")
@_chat_change(BotStatus)
def set_sandbox_bot_status(chat_id: int, body: BotStatus) -> Response:
    """Add, remove, promote or demote the bot."""
    return _forward(body)


@blueprint.post(f"{_CHAT}/members")
@_chat_change(MembersStatus)
def set_sandbox_members(chat_id: int, body: MembersStatus) -> Response:
    """Add, remove, promote or demote people."""
    return _forward(body)


@blueprint.post(f"{_CHAT}/title")
@_chat_change(ChatTitle)
def set_sandbox_title(chat_id: int, body: ChatTitle) -> Response:
    """Rename a group or channel."""
    return _forward(body)


@blueprint.post(f"{_CHAT}/migrate")
@_chat_change(ByMember, status=201)
def migrate_sandbox_chat(chat_id: int, body: ByMember) -> Response:
    """Make a group a supergroup, which has another id."""
    return _forward(body)


@blueprint.post(f"{_CHAT}/topics")
@_chat_change(TopicName, status=201)
def open_sandbox_topic(chat_id: int, body: TopicName) -> Response:
    """Open a topic in a forum."""
    return _forward(body)


@blueprint.get("/callbacks")
@endpoint(Access.MEMBER, query=CallbacksQuery, response=CallbackAnswers, errors=(503,))
def show_callbacks(query: CallbacksQuery) -> Response:
    """Answers to pressed buttons."""
    return _forward()


@blueprint.get("/record")
@endpoint(Access.ADMIN, query=RecordQuery, response=SandboxRecord, errors=(503,))
def show_record(query: RecordQuery) -> Response:
    """All that was accepted for delivery."""
    return _forward()


@blueprint.get("/stats")
@endpoint(Access.ADMIN, response=SandboxStats, errors=(503,))
def show_sandbox_stats() -> Response:
    """How many calls there were of each method, and how many errors."""
    return _forward()


@blueprint.get("/faults")
@endpoint(Access.MEMBER, response=SimulatedFaults, errors=(503,))
def list_faults() -> Response:
    """Faults that are set."""
    return _forward()


@blueprint.post("/faults")
@endpoint(Access.ADMIN, body=NewSimulatedFault, response=SimulatedFault, status=201, errors=(503,))
def add_fault(body: NewSimulatedFault) -> Response:
    """Set a fault."""
    return _forward(body)


@blueprint.delete("/faults")
@endpoint(Access.ADMIN, status=204, errors=(503,))
def clear_faults() -> Response:
    """Delete every fault."""
    return _forward()


@blueprint.delete("/faults/<int:fault_id>")
@endpoint(Access.ADMIN, status=204, errors=_GONE)
def delete_fault(fault_id: int) -> Response:
    """Delete one fault."""
    return _forward()


@blueprint.get("/flood")
@endpoint(Access.MEMBER, response=FloodState, errors=(503,))
def show_flood() -> Response:
    """Flood control: on or off, its limits, who waits."""
    return _forward()


@blueprint.put("/flood")
@endpoint(
    Access.ADMIN,
    body=FloodLimits,
    body_reader=_or_empty(FloodLimits),
    response=FloodState,
    errors=(503,),
)
def set_flood(body: FloodLimits) -> Response:
    """Switch flood control on or off."""
    return _forward(body)


def _forward(body: BaseModel | None = None) -> Response:
    """The same request to the simulator, and its answer.

    Raises the domain error that fits the simulator's status, Unavailable where it does not answer,
    TryLater where it is slow.
    """
    url = context.bot_api_url() + request.path.removeprefix("/api/v1")
    context.session().rollback()  # no transaction is held while the simulator is asked
    with context.context().simulator, requests.Session() as client:
        client.trust_env = False  # a proxy of the environment must not see loopback
        try:
            reply = client.request(
                request.method,
                url,
                params=request.args.to_dict(),
                data=None if body is None else body.model_dump_json(exclude_unset=True),
                headers={"Content-Type": "application/json"},
                timeout=_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException:
            raise Unavailable(localized("the simulator does not answer: is it running?")) from None
    if reply.status_code in _ERRORS:
        raise _ERRORS[reply.status_code](reply.json()["error"])
    return Response(reply.content, reply.status_code, mimetype="application/json")
