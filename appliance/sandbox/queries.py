"""The calls that ask, confirm or configure: who am I, updates, callbacks, commands, files."""

import json
import re
from typing import Any

from appliance.sandbox.answers import bad_request, conflict
from appliance.sandbox.chats import person_of
from appliance.sandbox.documents import chat_document
from appliance.sandbox.files import DOWNLOAD_BYTES
from appliance.sandbox.parameters import Parameters
from appliance.sandbox.updates import MAX_LIMIT, MAX_TIMEOUT
from appliance.sandbox.webhook import remember_allowed
from appliance.sandbox.world import World

_MAX_COMMANDS = 100
_COMMAND = re.compile(r"/?[a-z0-9_]{1,32}")
_DESCRIPTION_LIMIT = 256
_ANSWER_LIMIT = 200


def get_me(world: World, _parameters: Parameters) -> dict[str, Any]:
    return {
        **world.bot(),
        "can_join_groups": True,
        "can_read_all_group_messages": False,
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
    if state.updates.pending and state.updates.pending[0]["update_id"] < before:
        state.commit("confirm", before=before)
    await state.updates.wait(min(max(parameters.integer("timeout"), 0), MAX_TIMEOUT))
    limit = parameters.integer("limit", MAX_LIMIT)
    return state.updates.first(limit if 1 <= limit <= MAX_LIMIT else MAX_LIMIT)


def answer_callback_query(world: World, parameters: Parameters) -> bool:
    callback = world.state.callbacks.get(parameters.text("callback_query_id"))
    text = parameters.text("text")
    if len(text) > _ANSWER_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    if callback is None or callback.answered:
        raise bad_request("Query is too old and response timeout expired or query ID is invalid")
    world.state.commit(
        "answer", id=callback.id, text=text or None, show_alert=parameters.flag("show_alert")
    )
    return True


def set_my_commands(world: World, parameters: Parameters) -> bool:
    commands = parameters.json("commands", "Can't parse commands JSON array")
    if not isinstance(commands, list):
        raise bad_request("Expected an Array of BotCommand")
    if len(commands) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    checked = [_command(command) for command in commands]
    world.state.commit("commands", scope=_scope(parameters), commands=checked)
    return True


def delete_my_commands(world: World, parameters: Parameters) -> bool:
    world.state.commit("commands", scope=_scope(parameters), commands=[])
    return True


def get_my_commands(world: World, parameters: Parameters) -> list[dict[str, str]]:
    return world.state.commands.get(_scope(parameters), [])


def get_chat(world: World, parameters: Parameters) -> dict[str, Any]:
    person = person_of(world, parameters)
    document = chat_document(person)
    if person.username:
        document["active_usernames"] = [person.username]
    return {
        **document,
        "accent_color_id": person.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": True,
            "limited_gifts": True,
            "unique_gifts": True,
            "premium_subscription": True,
            "gifts_from_channels": True,
        },
    }


def get_file(world: World, parameters: Parameters) -> dict[str, Any]:
    stored = world.files.get(parameters.text("file_id"))
    if stored is None:
        raise bad_request("Wrong file_id or the file is temporarily unavailable")
    if len(stored.content) > DOWNLOAD_BYTES:
        raise bad_request("File is too big")
    return {**stored.summary(), "file_path": stored.path}


def _scope(parameters: Parameters) -> str:
    """Commands differ by scope and language: both, as one key."""
    scope = parameters.json("scope", "Can't parse BotCommandScope JSON object") or {}
    if not isinstance(scope, dict):
        raise bad_request("BotCommandScope must be an Object")
    scope = {"type": "default", **scope}
    return f"{parameters.text('language_code')} {json.dumps(scope, sort_keys=True)}"


def _command(item: Any) -> dict[str, str]:
    if not isinstance(item, dict):
        raise bad_request("Expected an Object as BotCommand")
    command, description = item.get("command"), item.get("description")
    if not isinstance(command, str) or not _COMMAND.fullmatch(command):
        raise bad_request("BOT_COMMAND_INVALID")
    if not isinstance(description, str) or not 1 <= len(description) <= _DESCRIPTION_LIMIT:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command.removeprefix("/"), "description": description}
