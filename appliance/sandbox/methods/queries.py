"""The calls that ask and confirm: who am I, updates, callbacks, files."""

import re
from typing import Any

from appliance.sandbox.api_types.targets import person_of
from appliance.sandbox.methods.webhook import remember_allowed
from appliance.sandbox.protocol.errors import bad_request, conflict
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.files import DOWNLOAD_BYTES
from appliance.sandbox.world.update_queue import MAX_LIMIT, MAX_TIMEOUT_SECONDS
from appliance.sandbox.world.world import World

_ANSWER_CHARACTERS = 200
_ANSWERABLE_SECONDS = 60
_OWN_LINK = re.compile(r"(https?://)?t(elegram)?\.me/\w+\?start=[A-Za-z0-9_-]{1,64}", re.I)
_FURTHEST_OFFSET = 10  # ids beyond the next one, after which an offset is of another time


def get_me(world: World, _parameters: Parameters) -> dict[str, Any]:
    return {
        **world.bot(),
        "can_join_groups": True,
        "can_read_all_group_messages": world.reads_everything,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def get_updates(world: World, parameters: Parameters) -> list[dict[str, Any]]:
    """A positive offset confirms what is before it, a negative one all but the last so many."""
    state = world.state
    if state.webhook is not None:
        raise conflict(
            "can't use getUpdates method while webhook is active;"
            " use deleteWebhook to delete the webhook first"
        )
    remember_allowed(world, parameters)
    before = state.updates.resolve(parameters.integer("offset"))
    if before > state.updates.next_id + _FURTHEST_OFFSET:
        before = 0  # the ids began anew since: confirming by it would lose all that is pending
    if state.updates.pending and state.updates.pending[0]["update_id"] < before:
        state.commit("confirm", before=before)
    await state.updates.wait(min(max(parameters.integer("timeout"), 0), MAX_TIMEOUT_SECONDS))
    limit = parameters.integer("limit", MAX_LIMIT)
    return state.updates.first(limit if 1 <= limit <= MAX_LIMIT else MAX_LIMIT)


def answer_callback_query(world: World, parameters: Parameters) -> bool:
    callback = world.state.callbacks.get(parameters.text("callback_query_id"))
    text = parameters.text("text")
    if len(text) > _ANSWER_CHARACTERS:
        raise bad_request("MESSAGE_TOO_LONG")
    if callback is None or callback.answered or world.clock() - callback.at > _ANSWERABLE_SECONDS:
        raise bad_request("Query is too old and response timeout expired or query ID is invalid")
    url = parameters.text("url")
    if url and not _OWN_LINK.fullmatch(url):
        raise bad_request("URL_INVALID")
    answer = {"text": text or None, "show_alert": parameters.flag("show_alert"), "url": url or None}
    world.state.commit("answer", id=callback.id, **answer)
    return True


def get_file(world: World, parameters: Parameters) -> dict[str, Any]:
    if not parameters.text("file_id"):
        raise bad_request("file_id not specified")
    stored = world.files.get(parameters.text("file_id"))
    if stored is None:
        raise bad_request("Wrong file_id or the file is temporarily unavailable")
    if len(stored.content) > DOWNLOAD_BYTES:
        raise bad_request("File is too big")
    return {**stored.summary(), "file_path": stored.path}


def get_user_profile_photos(world: World, parameters: Parameters) -> dict[str, Any]:
    person_of(world, parameters)
    return {"total_count": 0, "photos": []}
