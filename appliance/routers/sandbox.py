"""A way to the simulator's control interface for whoever is logged in; in sandbox mode only.

A browser may not reach the simulator itself: it listens on loopback, on a port of its own.
"""

import requests
from flask import Blueprint, Response, request

from appliance.errors import Unavailable, localized
from appliance.routers.api import context
from appliance.routers.api.endpoints import Access, endpoint

blueprint = Blueprint("sandbox", __name__)

_TIMEOUT = 30  # seconds; making thousands of people takes a few
_PERSON = "/people/<int:person_id>"
_CHAT = "/chats/<int(signed=True):chat_id>"
_ACTS = (
    "any(start, send, photo, document, video, animation, audio, voice, video_note, sticker, album,"
    " edit, delete, react, press, block, unblock, deactivate)"
)


@blueprint.get("/people")
@endpoint(Access.MEMBER, errors=(503,))
def list_people() -> Response:
    """Simulated people."""
    return _forward()


@blueprint.post("/people")
@endpoint(Access.MEMBER, status=201, errors=(503,))
def add_people() -> Response:
    """Make one person, or `count` of them."""
    return _forward()


@blueprint.get(f"{_PERSON}/messages")
@endpoint(Access.MEMBER, errors=(404, 503))
def list_person_messages(person_id: int) -> Response:
    """What stands on a person's phone."""
    return _forward()


@blueprint.get(f"{_PERSON}/commands")
@endpoint(Access.MEMBER, errors=(404, 503))
def list_person_commands(person_id: int) -> Response:
    """The bot's commands as this person's menu shows them."""
    return _forward()


@blueprint.post(f"{_PERSON}/<{_ACTS}:action>")
@endpoint(Access.MEMBER, errors=(404, 503))
def act_as_person(person_id: int, action: str) -> Response:
    """Press Start, write, send a file, edit, react, press a button, block and more as them."""
    return _forward()


@blueprint.get("/chats")
@endpoint(Access.MEMBER, errors=(503,))
def list_sandbox_chats() -> Response:
    """Simulated groups and channels."""
    return _forward()


@blueprint.post("/chats")
@endpoint(Access.MEMBER, status=201, errors=(503,))
def add_sandbox_chat() -> Response:
    """Make a group or channel."""
    return _forward()


@blueprint.get(_CHAT)
@endpoint(Access.MEMBER, errors=(404, 503))
def show_sandbox_chat(chat_id: int) -> Response:
    """One group or channel with its members and topics."""
    return _forward()


@blueprint.get(f"{_CHAT}/messages")
@endpoint(Access.MEMBER, errors=(404, 503))
def list_sandbox_chat_messages(chat_id: int) -> Response:
    """What stands in a group or channel."""
    return _forward()


@blueprint.post(f"{_CHAT}/<any(bot, members, title, migrate, topics):action>")
@endpoint(Access.MEMBER, errors=(404, 503))
def change_sandbox_chat(chat_id: int, action: str) -> Response:
    """Let the bot or people come and go, rename, make a supergroup, open a topic."""
    return _forward()


@blueprint.get("/callbacks")
@endpoint(Access.MEMBER, errors=(503,))
def show_callbacks() -> Response:
    """Answers to pressed buttons."""
    return _forward()


@blueprint.get("/<any(record, stats):what>")
@endpoint(Access.ADMIN, errors=(503,))
def show_sandbox(what: str) -> Response:
    """All that was accepted for delivery, or counts."""
    return _forward()


@blueprint.get("/faults")
@endpoint(Access.MEMBER, errors=(503,))
def list_faults() -> Response:
    """Faults that are set."""
    return _forward()


@blueprint.post("/faults")
@endpoint(Access.ADMIN, status=201, errors=(503,))
def add_fault() -> Response:
    """Set a fault."""
    return _forward()


@blueprint.delete("/faults")
@endpoint(Access.ADMIN, errors=(503,))
def clear_faults() -> Response:
    """Delete every fault."""
    return _forward()


@blueprint.get("/flood")
@endpoint(Access.MEMBER, errors=(503,))
def show_flood() -> Response:
    """Flood control: on or off, its limits, who waits."""
    return _forward()


@blueprint.put("/flood")
@endpoint(Access.ADMIN, errors=(503,))
def set_flood() -> Response:
    """Switch flood control on or off."""
    return _forward()


@blueprint.delete("/faults/<int:fault_id>")
@endpoint(Access.ADMIN, errors=(404, 503))
def delete_fault(fault_id: int) -> Response:
    """Delete one fault."""
    return _forward()


def _forward() -> Response:
    """The same request to the simulator, and its answer. Raises Unavailable."""
    url = context.bot_api_url() + request.path.removeprefix("/api/v1")
    context.session().rollback()  # no transaction is held while the simulator is asked
    with requests.Session() as client:
        client.trust_env = False  # a proxy of the environment must not see loopback
        try:
            reply = client.request(
                request.method,
                url,
                params=request.args.to_dict(),
                data=request.get_data(),
                headers={"Content-Type": "application/json"},
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException:
            raise Unavailable(localized("the simulator does not answer: is it running?")) from None
    return Response(reply.content, reply.status_code, mimetype=_media(reply))


def _media(reply: requests.Response) -> str:
    return reply.headers.get("Content-Type", "application/json").partition(";")[0]
