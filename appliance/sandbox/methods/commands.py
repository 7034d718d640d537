"""The bot's commands, which differ by scope and language."""

import re
from typing import Any

from appliance.sandbox.api_types.targets import chat_of
from appliance.sandbox.people.command_menu import Command, scope_key
from appliance.sandbox.protocol.errors import bad_request
from appliance.sandbox.protocol.parameters import Parameters
from appliance.sandbox.world.model import CHANNEL, Chat, Group, Person
from appliance.sandbox.world.world import World

_MAX_COMMANDS = 100
_COMMAND = re.compile(r"[a-z0-9_]+")
_COMMAND_LIMIT = 32
_DESCRIPTION_LIMIT = 256
_LANGUAGE = re.compile(r"([a-z]{2})?")
_EVERYWHERE = frozenset(
    {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
)
_ONE_CHAT = frozenset({"chat", "chat_administrators", "chat_member"})


def set_my_commands(world: World, parameters: Parameters) -> bool:
    commands = parameters.json("commands", "Can't parse commands JSON object")
    if not isinstance(commands, list):
        raise bad_request("Expected an Array of BotCommand")
    if len(commands) > _MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    checked = [_command(command) for command in commands]
    _store(world, parameters, checked)
    return True


def delete_my_commands(world: World, parameters: Parameters) -> bool:
    _store(world, parameters, [])
    return True


def get_my_commands(world: World, parameters: Parameters) -> list[Command]:
    """Exactly those of this scope and language: which of several counts, the programs choose."""
    key = scope_key(language_of(parameters), _scope(world, parameters))
    return world.state.commands.get(key, [])


def language_of(parameters: Parameters) -> str:
    """The two letters of `language_code`, or none. Raises ApiError."""
    language = parameters.text("language_code").strip().lower()
    if not _LANGUAGE.fullmatch(language):
        raise bad_request("Invalid language code specified")
    return language


def _store(world: World, parameters: Parameters, commands: list[Command]) -> None:
    key = scope_key(language_of(parameters), _scope(world, parameters))
    world.state.commit("commands", scope=key, commands=commands)


def _scope(world: World, parameters: Parameters) -> dict[str, Any]:
    """The scope with all that belongs to it and nothing else. Raises ApiError."""
    scope = parameters.json("scope", "Can't parse BotCommandScope JSON object")
    if scope is None or scope == {}:
        return {"type": "default"}
    if not isinstance(scope, dict):
        raise bad_request("Can't parse BotCommandScope: BotCommandScope must be an Object")
    kind = scope.get("type")
    if kind in _EVERYWHERE:
        return {"type": kind}
    if kind not in _ONE_CHAT:
        raise bad_request("Can't parse BotCommandScope: Unsupported type specified")
    inner = Parameters(scope)
    chat = chat_of(world, inner)
    _check_kind(kind, chat)
    member = {"user_id": inner.integer("user_id")} if kind == "chat_member" else {}
    return {"type": kind, "chat_id": chat.id, **member}


def _check_kind(kind: str, chat: Chat) -> None:
    if isinstance(chat, Group) and chat.type == CHANNEL:
        raise bad_request("Can't change commands in channel chats")
    if kind != "chat" and isinstance(chat, Person):
        raise bad_request("Can't use specified scope in private chats")


def _command(item: Any) -> Command:
    if not isinstance(item, dict):
        raise bad_request("Can't parse BotCommand: expected an Object")
    command = _field(item, "command").strip().removeprefix("/")
    description = _field(item, "description").strip()
    for name, value, limit in (
        ("Command", command, _COMMAND_LIMIT),
        ("Command description", description, _DESCRIPTION_LIMIT),
    ):
        if not value:
            raise bad_request(f"{name} must be non-empty")
        if len(value) > limit:
            raise bad_request(f"{name} length must not exceed {limit}")
    if not _COMMAND.fullmatch(command):
        raise bad_request("BOT_COMMAND_INVALID")
    return {"command": command, "description": description}


def _field(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    if isinstance(value, str):
        return value
    reason = f'Can\'t find field "{name}"'
    if value is not None:
        reason = f'Field "{name}" must be of type String'
    raise bad_request(f"Can't parse BotCommand: {reason}")
